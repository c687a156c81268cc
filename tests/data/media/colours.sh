#!/bin/sh
# Makes the pictures of colours/ again: four patches with the colours of another space than sRGB. With Debian's ffmpeg,
# imagemagick, libimage-exiftool-perl, liblcms2-utils and node. It prints what lcms makes of the patches (relative
# colorimetric, black point compensation): the numbers of tests/unit/render/media/colour_test.c.
set -eu
cd "$(dirname "$0")"
mkdir -p colours
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
node profiles.mjs "$work"
patches="200,60,40 60,160,220 128,128,128 30,140,70"
# patches FILE ARGUMENT…: the four patches of 32 x 32 beside each other.
patches() {
  file=$1
  shift
  set -- "$@" -strip
  convert -size 32x32 "xc:rgb(200,60,40)" "xc:rgb(60,160,220)" "xc:rgb(128,128,128)" "xc:rgb(30,140,70)" +append -colorspace sRGB "$@" "$file"
}
embed() { exiftool -q -overwrite_original "-icc_profile<=$work/$1.icc" "$2"; }

for space in p3 adobe srgb; do
  patches "colours/$space.jpg" -quality 100 -sampling-factor 4:4:4
  patches "PNG24:colours/$space.png"
  embed $space "colours/$space.jpg"
  embed $space "colours/$space.png"
done
patches "$work/p3.png"
ffmpeg -nostdin -loglevel error -y -i "$work/p3.png" -c:v libwebp -lossless 1 colours/p3.webp
embed p3 colours/p3.webp
patches colours/grey.jpg -quality 100 -colorspace Gray
embed grey colours/grey.jpg
patches "PNG:colours/grey.png" -colorspace Gray -depth 8
embed grey colours/grey.png
# Inks of 255; ImageMagick writes them as YCCK, as Photoshop does. The same file with another transform in Adobe's marker
# is one of plain, inverted CMYK, with other inks.
convert -size 32x32 "xc:cmyk(51,204,178,25)" "xc:cmyk(204,76,0,0)" "xc:cmyk(0,0,0,128)" "xc:cmyk(178,25,178,51)" +append -quality 100 -sampling-factor 4:4:4 -strip colours/press-none.jpg
cp colours/press-none.jpg colours/press.jpg
embed press colours/press.jpg
node -e '
  const fs = require("fs"), jpeg = fs.readFileSync("colours/press.jpg");
  jpeg[jpeg.indexOf("Adobe\0") + 11] = 0;
  fs.writeFileSync("colours/press-cmyk.jpg", jpeg);'
# PNG without a profile: a gamma of 1, the primaries of Adobe RGB, both; and a profile, sRGB and gamma that contradict each other.
chunks() {
  node -e '
    const fs = require("fs"), zlib = require("zlib"), [from, to, ...chunks] = process.argv.slice(1), png = fs.readFileSync(from);
    const table = Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n >>> 0; });
    const crc = (data) => { let c = 0xffffffff; for (const b of data) c = table[(c ^ b) & 255] ^ (c >>> 8); return (c ^ 0xffffffff) >>> 0; };
    const u32 = (v) => { const b = Buffer.alloc(4); b.writeUInt32BE(v >>> 0); return b; };
    const made = chunks.map((chunk) => {
      const [type, ...values] = chunk.split(",");
      let data = Buffer.concat(values.map((v) => u32(Number(v))));
      if (type === "sRGB" || type === "cICP") data = Buffer.from(values.map(Number));
      if (type === "iCCP") data = Buffer.concat([Buffer.from("x\0\0"), zlib.deflateSync(fs.readFileSync(values[0]))]);
      return Buffer.concat([u32(data.length), Buffer.from(type), data, u32(crc(Buffer.concat([Buffer.from(type), data])))]);
    });
    const kept = []; // without what ImageMagick wrote of its own
    for (let at = 8; at < png.length;) {
      const end = at + 12 + png.readUInt32BE(at);
      if (["IHDR", "IDAT", "IEND", "PLTE"].includes(png.toString("latin1", at + 4, at + 8))) kept.push(png.subarray(at, end));
      at = end;
    }
    fs.writeFileSync(to, Buffer.concat([png.subarray(0, 8), kept[0], ...made, ...kept.slice(1)]));' "$@"
}
adobe_primaries="cHRM,31270,32900,64000,33000,21000,71000,15000,6000"
chunks "$work/p3.png" colours/gamma.png gAMA,100000
chunks "$work/p3.png" colours/gamma-usual.png gAMA,45455
chunks "$work/p3.png" colours/primaries.png gAMA,45455 "$adobe_primaries"
chunks "$work/p3.png" colours/srgb-wins.png gAMA,100000 "$adobe_primaries" sRGB,0
chunks "$work/p3.png" colours/profile-wins.png sRGB,0 gAMA,100000 "iCCP,$work/p3.icc"
chunks "$work/p3.png" colours/code-wins.png "iCCP,$work/adobe.icc" cICP,12,13,0,1 gAMA,100000
chunks "$work/p3.png" colours/bad-profile.png "iCCP,$0"
chunks "$work/p3.png" colours/bad-primaries.png gAMA,0 cHRM,0,0,0,0,0,0,0,0

reference() { transicc -t1 -b -n -i "$1" -o '*sRGB' | sed 's/^/  /'; }
for space in p3 adobe; do
  echo "$space:"
  for patch in $patches; do echo "$patch" | tr , '\n'; done | reference "$work/$space.icc"
done
echo "grey:"
ffmpeg -nostdin -loglevel error -i colours/grey.png -f rawvideo -pix_fmt gray - | head -c 128 | od -An -tu1 -v -w32 | awk '{print $17}' | reference "$work/grey.icc"
echo "press, inks in percent:"
printf '%s\n' 20 80 69.8 9.8 80 29.8 0 0 0 0 0 50.2 69.8 9.8 69.8 20 | reference "$work/press.icc"
echo "press as CMYK:"
# What is stored are Y, Cb and Cr of the inks, and black inverted.
printf '%s\n' 51 204 178 25  204 76 0 0  0 0 0 128  178 25 178 51 | node -e '
  const v = require("fs").readFileSync(0, "utf8").split("\n").map(Number);
  for (let i = 0; i + 3 < v.length; i += 4) {
    const [r, g, b, k] = v.slice(i), y = 0.299 * r + 0.587 * g + 0.114 * b;
    for (const x of [255 - y, 127 - (b - y) / 1.772, 127 - (r - y) / 1.402, k]) console.log(x / 2.55);
  }' | reference "$work/press.icc"
