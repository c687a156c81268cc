#!/bin/sh
# Makes the files of devices/ again: pictures and films as phones, cameras, editors and browsers write them, with every
# kind of metadata beside a few frames. With Debian's ffmpeg, imagemagick, libimage-exiftool-perl, mkvtoolnix and
# node. Four coloured quarters as in make.sh, so that a picture tells whether it stands right.
set -eu
cd "$(dirname "$0")"
mkdir -p devices
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
ff() { ffmpeg -nostdin -hide_banner -loglevel error -y "$@"; }
tags() { exiftool -q -overwrite_original "$@"; }
# replace FILE OLD NEW: bytes of the same number; NEW may have \x escapes.
replace() {
  node -e '
    const fs = require("fs"), [file, old, text] = process.argv.slice(1);
    const bytes = Buffer.from(text.replace(/\\x(..)/g, (all, hex) => String.fromCharCode(parseInt(hex, 16))), "latin1");
    const data = fs.readFileSync(file), at = data.indexOf(old);
    if (at < 0 || bytes.length !== Buffer.byteLength(old)) throw new Error(`${file}: ${old}`);
    bytes.copy(data, at);
    fs.writeFileSync(file, data);' "$@"
}

film="$work/film.mp4" sound="$work/sound.m4a"
quarters="color=red:s=64x48:r=25:d=0.2,format=rgb24,drawbox=x=32:y=0:w=32:h=24:c=lime:t=fill,drawbox=x=0:y=24:w=32:h=24:c=blue:t=fill,drawbox=x=32:y=24:w=32:h=24:c=white:t=fill"
h264="-c:v libx264 -preset medium -crf 12 -x264-params threads=1 -pix_fmt yuv420p"
ff -f lavfi -i "$quarters" $h264 -bf 2 "$film"
ff -f lavfi -i "sine=frequency=440:sample_rate=48000:duration=0.2" -c:a aac -b:a 32k "$sound"
ff -f lavfi -i "$quarters" -frames:v 1 -update 1 -q:v 2 "$work/picture.jpg"
ff -f lavfi -i "$quarters" -frames:v 1 -update 1 "$work/picture.png"
both="-i $film -i $sound -map 0:v -map 1:a -c copy"
created="-metadata creation_time=2024-05-01T12:00:00Z"
printf ';FFMETADATA1\ntitle=Été à la mer\nartist=Ørsted\ncomment=日本語 😀\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=100\ntitle=Première\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=100\nEND=200\ntitle=Zweitens\n' >"$work/chapters.txt"
printf '1\n00:00:00,000 --> 00:00:00,150\nCaf\351 \200 5\n' >"$work/latin1.srt"
printf '1\n00:00:00,000 --> 00:00:00,150\nCafé\n' >"$work/utf8.srt"

# ---- films of phones ----
ff $both $created -metadata location="+48.8577+002.295/" -metadata:s:a:0 language=fra -metadata:s:v:0 handler_name="VideoHandle" devices/phone.mp4
ff $both $created -movflags use_metadata_tags -metadata com.apple.quicktime.make=Apple -metadata com.apple.quicktime.model="iPhone 15" \
  -metadata com.apple.quicktime.creationdate=2024-05-01T14:00:00+0200 -metadata com.apple.quicktime.location.ISO6709="+48.8577+002.2950+035.000/" -f mov devices/phone.mov
ff $both $created -metadata:s:v:0 rotate=90 devices/phone-turned.mp4
tags -XMP:Title="Été" -XMP:CreateDate="2024:05:01 12:00:00+02:00" -QuickTime:CreateDate="2024:05:01 12:00:00" -Keys:GPSCoordinates="48.85, 2.29, 35" \
  -ItemList:Title="Été" -o - devices/phone.mov >"$work/tagged.mov" && mv "$work/tagged.mov" devices/phone-tagged.mov
ff $both $created -movflags +faststart -f 3gp -metadata title="Ferien" -metadata album="Sommer" devices/phone.3gp
ff -i "$film" -i "$sound" -map 0:v -map 1:a -map 1:a -map 1:a -c copy -metadata:s:a:0 language=deu -metadata:s:a:1 language=jpn -metadata:s:a:2 language=mul \
  -disposition:a:1 default $created devices/languages.mp4
# ---- of cameras and editors ----
ff $both $created -timecode 10:00:00:00 -f mov devices/timecode.mov
ff $both $created -timecode 10:00:00:00 -write_tmcd on devices/timecode.mp4
ff -i "$film" -i "$work/chapters.txt" -map 0 -map_metadata 1 -map_chapters 1 -c copy $created devices/chapters.mp4
ff -i "$film" -i "$work/chapters.txt" -map 0 -map_metadata 1 -map_chapters 1 -c copy $created devices/chapters.mkv
ff -i "$film" -i "$work/picture.jpg" -map 0 -map 1 -c copy -disposition:v:1 attached_pic $created devices/cover.mp4
ff -i "$film" -i "$work/picture.png" -map 0 -map 1 -c copy -disposition:v:1 attached_pic $created devices/cover-png.mp4
ff -i "$film" -i "$work/utf8.srt" -map 0 -map 1 -c:v copy -c:s mov_text -metadata:s:s:0 language=fra $created devices/subtitles.mp4
ff -i "$film" -i "$work/utf8.srt" -map 0 -map 1 -c:v copy -c:s ass $created devices/subtitles-ass.mkv
ff -i "$film" -c copy -movflags frag_keyframe+empty_moov+default_base_moof $created devices/fragmented.mp4
ff -i "$film" -c copy -movflags dash+global_sidx $created devices/dash.mp4
ff -f lavfi -i "$quarters" -c:v mjpeg -q:v 2 -pix_fmt yuvj422p $created -f mov devices/camera-mjpeg.mov
ff -f lavfi -i "$quarters" $h264 -flags +ilme+ildct $created -f mov devices/interlaced.mov
ff $both $created -metadata:s:v:0 stereo_mode=left_right -metadata:s:v:0 spherical_video=1 -strict unofficial devices/stereo.mp4
ff -f lavfi -i "$quarters,format=yuv420p10le" -c:v libx264 -crf 12 -x264-params "threads=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:mastering-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):cll=1000,400" \
  -pix_fmt yuv420p10le $created devices/hdr10.mp4
ff -f lavfi -i "$quarters,format=yuv420p10le" -c:v libx264 -crf 12 -x264-params "threads=1:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc" -pix_fmt yuv420p10le $created -f mov devices/hlg.mov
# Data that only its maker understands, as action cameras write it, before the picture.
head -c 200 /dev/zero >"$work/data.bin"
ff -f data -i "$work/data.bin" -i "$film" -map 1 -map 0 -c copy -tag:d gpmd $created -f mov devices/data.mov || rm -f devices/data.mov
# ---- Matroska and WebM ----
ff -i "$film" -i "$sound" -map 0:v -map 1:a -c:v copy -c:a libopus -b:a 24k $created -metadata:s:v:0 stereo_mode=left_right -metadata LOCATION="Paris" devices/stereo.mkv
ff -f lavfi -i "$quarters" -i "$sound" -c:v libvpx-vp9 -crf 10 -b:v 0 -c:a libopus -b:a 24k $created -metadata title="Été" devices/created.webm
ff -f lavfi -i "$quarters" -i "$sound" -c:v libvpx -crf 4 -b:v 1M -c:a libvorbis -live 1 -f webm - >devices/browser.webm
ff -f lavfi -i "$quarters,format=yuva420p" -c:v libvpx-vp9 -crf 10 -b:v 0 $created devices/alpha.webm
ff -f lavfi -i "$quarters,format=yuv420p10le" -c:v libvpx-vp9 -profile:v 2 -crf 10 -b:v 0 -pix_fmt yuv420p10le -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc $created devices/hdr.webm
ff -f lavfi -i "$quarters,scale=96:72" -c:v libsvtav1 -preset 10 -crf 10 $created devices/av1.mp4
mkvmerge -q -o devices/everything.mkv --title "Été" --language 0:fr-CA "$film" --language 0:ja "$sound" --sub-charset 0:WINDOWS-1252 "$work/latin1.srt" \
  --attachment-mime-type image/jpeg --attachment-name cover.jpg --attach-file "$work/picture.jpg" \
  --attachment-mime-type application/x-truetype-font --attachment-name font.ttf --attach-file "$work/data.bin"
ff -i "$film" -i "$work/utf8.srt" -map 0 -map 1 -c copy $created "$work/latin1.mkv"
mv "$work/latin1.mkv" devices/subtitles-cp1252.mkv
replace devices/subtitles-cp1252.mkv "Café" 'Caf\xe9\x80'
# ---- tags that are no UTF-8 ----
ff -i "$film" -c copy $created -metadata title="LATIN1-TITLE" -metadata artist="UTF16-TITLE.." devices/tags.mp4
replace devices/tags.mp4 "LATIN1-TITLE" '\xc9t\xe9 \xe0 la mer'
replace devices/tags.mp4 "UTF16-TITLE.." '\xfe\xff\x00E\x00t\x00e\x00!\x00?\x00'
ff -i "$film" -c copy -f mov $created -metadata title="MACROMAN" devices/tags.mov
replace devices/tags.mov "MACROMAN" '\x83t\x8e \x88 la'
ff -i "$film" -c copy $created -metadata title="LATIN1-TITLE" devices/tags.mkv
replace devices/tags.mkv "LATIN1-TITLE" '\xc9t\xe9 \xe0 la mer'

# ---- photographs ----
for name in phone gps iptc multi trailer; do cp "$work/picture.jpg" "devices/$name.jpg"; done
tags -Make=Apple -Model="iPhone 15" -Orientation#=1 -DateTimeOriginal="2024:05:01 12:00:00" -OffsetTimeOriginal="+02:00" -SubSecTimeOriginal=123 -LensModel="back camera 6.86mm f/1.78" \
  -ExifVersion=0232 -UserComment="Été" "-ThumbnailImage<=$work/picture.jpg" devices/phone.jpg
tags -GPSLatitude=48.8577 -GPSLatitudeRef=N -GPSLongitude=2.295 -GPSLongitudeRef=E -GPSDateStamp=2024:05:01 -GPSTimeStamp=12:00:00 -XPTitle="Été" -Comment="Caf$(printf '\351')" devices/gps.jpg
tags -IPTC:Headline="Été" -IPTC:CodedCharacterSet=UTF8 -XMP:Title-fr="Été" -XMP:Rating=5 -Photoshop:CopyrightFlag=True devices/iptc.jpg
# A second picture and a film behind the first one: gain maps, motion photographs.
cat "$work/picture.jpg" >>devices/multi.jpg
tags -XMP-GCamera:MotionPhoto=1 devices/trailer.jpg 2>/dev/null || true
cat "$film" >>devices/trailer.jpg
convert "$work/picture.png" -interlace JPEG -quality 95 devices/progressive.jpg
convert "$work/picture.png" -sampling-factor 4x1 -define jpeg:restart-interval=1 -quality 95 devices/411.jpg
tags -PNG:Title="Été" -PNG:Comment="Caf$(printf '\351')" -PNG:CreationTime="2024:05:01 12:00:00+02:00" -EXIF:DateTimeOriginal="2024:05:01 12:00:00" -XMP:Title="Été" -o - "$work/picture.png" >devices/tags.png
convert "$work/picture.png" -interlace PNG -colors 4 -set date:create 2024-05-01T12:00:00Z -set comment "$(printf '%2000s' x)" devices/interlaced.png
convert "$work/picture.png" -set comment "made by hand" -interlace GIF devices/interlaced.gif
ff -i "$work/picture.png" -c:v libwebp -lossless 1 "$work/picture.webp"
tags -EXIF:DateTimeOriginal="2024:05:01 12:00:00" -XMP:Title="Été" -o - "$work/picture.webp" >devices/tags.webp
rm -f ./devices/*_original
