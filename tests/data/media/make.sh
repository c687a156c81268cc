#!/bin/sh
# Makes the media of this folder again, with Debian's ffmpeg, libjpeg-turbo-progs and node. Four coloured quarters (red, lime, blue,
# white) show how a picture stands; films get brighter by 6 with each frame, so that every frame tells its number.
set -eu
cd "$(dirname "$0")"
ff() { ffmpeg -nostdin -hide_banner -loglevel error -y -fflags +bitexact "$@"; }
quarters="color=red:s=160x120:d=1:r=1,format=rgb24,drawbox=x=80:y=0:w=80:h=60:c=lime:t=fill,drawbox=x=0:y=60:w=80:h=60:c=blue:t=fill,drawbox=x=80:y=60:w=80:h=60:c=white:t=fill"
film="nullsrc=s=160x120:r=25:d=1,format=yuv420p,geq=lum='40+6*N':cb=128:cr=128"
tone="sine=frequency=440:sample_rate=48000:duration=1,volume=4,pan=stereo|c0=c0|c1=c0"
beep="sine=frequency=440:sample_rate=48000:duration=1,volume=4:enable='gte(t,0.6)',volume=0:enable='lt(t,0.6)',pan=stereo|c0=c0|c1=c0"
still="-frames:v 1 -update 1"

ff -f lavfi -i "$quarters" $still -q:v 2 -pix_fmt yuvj420p quarters.jpg
ff -f lavfi -i "$quarters" $still -q:v 2 -pix_fmt yuvj444p quarters-444.jpg
ff -f lavfi -i "$quarters" $still -pix_fmt rgb24 quarters.png
ff -f lavfi -i "$quarters" $still -pix_fmt rgb48be quarters-16bit.png
ff -f lavfi -i "$quarters" $still -pix_fmt gray quarters-grey.png
ff -f lavfi -i "$quarters" $still -c:v libwebp -quality 90 quarters.webp
ff -f lavfi -i "$quarters" $still -c:v libwebp -lossless 1 quarters-lossless.webp
# The left half is opaque red, the right half lime that is half transparent.
ff -f lavfi -i "color=red:s=160x120:d=1:r=1,format=rgba,geq=r='if(lt(X,80),255,0)':g='if(lt(X,80),0,255)':b=0:a='if(lt(X,80),255,128)'" \
  $still -pix_fmt rgba alpha.png
# Turned by the EXIF orientation 1 to 8 that the name tells.
for value in 3 6 8; do
  node -e '
    const fs = require("fs"), jpeg = fs.readFileSync("quarters.jpg");
    const exif = Buffer.from("457869660000" + "4d4d002a00000008" + "0001" + "0112000300000001000" + process.argv[1] + "0000" +
      "00000000", "hex");
    const head = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
    fs.writeFileSync("quarters-exif" + process.argv[1] + ".jpg",
      Buffer.concat([jpeg.subarray(0, 2), head, exif, jpeg.subarray(2)]));' "$value"
done
# Red 100 ms, lime 200 ms, blue 300 ms.
steps="color=red:s=64x48:r=10:d=0.6,format=rgb24,drawbox=c=lime:t=fill:enable='between(n,1,2)',drawbox=c=blue:t=fill:enable='gte(n,3)',mpdecimate=max=0"
ff -f lavfi -i "$steps" -vsync vfr -final_delay 30 -loop 0 steps.gif
ff -f lavfi -i "$steps" -vsync vfr -final_delay 0.3 -plays 0 steps.apng
ff -f lavfi -i "color=red:s=64x48:r=10:d=0.1" -frames:v 1 one.gif

h264="-c:v libx264 -preset medium -crf 12 -x264-params threads=1 -pix_fmt yuv420p"
ff -f lavfi -i "$film" -f lavfi -i "$tone" $h264 -g 5 -bf 2 -c:a aac -b:a 64k -movflags +faststart film.mp4
ff -f lavfi -i "$film" -f lavfi -i "$tone" -c:v libvpx-vp9 -crf 10 -b:v 0 -c:a libopus -b:a 48k -f webm film.webm
# Silent for 0.6 s.
ff -f lavfi -i "$film" -f lavfi -i "$beep" $h264 -g 5 -bf 2 -c:a aac -b:a 64k -movflags +faststart film-beep.mp4
ff -f lavfi -i "$film" -f lavfi -i "$beep" -c:v libvpx-vp9 -g 10 -crf 10 -b:v 0 -c:a libopus -b:a 48k -f webm film-beep.webm
ff -i film.webm -c copy -output_ts_offset 100 -f webm film-late.webm
ff -f lavfi -i "$film" -f lavfi -i "$tone" -c:v libvpx -crf 4 -b:v 1M -c:a libvorbis -f webm film-vp8.webm
ff -f lavfi -i "$film" -c:v libsvtav1 -preset 10 -crf 10 -f webm film-av1.webm
node -e '
const fs = require("fs"), film = fs.readFileSync("film-av1.webm");
film[733] = 0x31; // damage that the threads of dav1d 1.0 did not get over
fs.writeFileSync("broken-av1.webm", film);'
ff -f lavfi -i "$film" -c:v libx264 -crf 12 -pix_fmt yuv422p10le film-422-10bit.mp4
ff -f lavfi -i "$film" -c:v libx264 -crf 12 -pix_fmt yuv444p film-444.mp4
moving="color=red:s=160x120:r=25:d=0.2,format=rgb24,drawbox=x=80:y=0:w=80:h=60:c=lime:t=fill,drawbox=x=0:y=60:w=80:h=60:c=blue:t=fill,drawbox=x=80:y=60:w=80:h=60:c=white:t=fill"
ff -f lavfi -i "$moving" $h264 -colorspace smpte170m -color_range tv quarters.mp4
ff -f lavfi -i "$moving,scale=out_color_matrix=bt709:out_range=pc,format=yuv420p" $h264 -colorspace bt709 -color_range pc quarters-709-full.mp4
ff -f lavfi -i "color=red:s=160x120:r=25:d=0.04" -frames:v 1 $h264 one-frame.mp4
ff -i quarters.mp4 -c copy -metadata:s:v:0 rotate=90 quarters-turned.mp4
ff -i quarters.mp4 -c copy -aspect 16:9 quarters-wide.mp4
# Sound that is not played.
ff -i quarters.mp4 -f lavfi -i "$tone" -c:v copy -c:a wmav2 -shortest -map_metadata -1 film-wma.mkv
ff -f lavfi -i "$tone" -c:a aac -b:a 32k sound-only.mp4
# Twenty seconds, for damage in the middle.
long="testsrc2=s=96x64:r=10:d=20"
long_tone="sine=frequency=440:sample_rate=48000:duration=20"
long_h264="-c:v libx264 -preset medium -crf 30 -x264-params threads=1 -pix_fmt yuv420p -g 10 -bf 2 -c:a aac -b:a 16k -ac 1"
ff -f lavfi -i "$long" -f lavfi -i "$long_tone" $long_h264 -movflags +faststart long.mp4
ff -f lavfi -i "$long" -f lavfi -i "$long_tone" $long_h264 -movflags +frag_keyframe+empty_moov long-fragmented.mp4
ff -f lavfi -i "$long" -f lavfi -i "$long_tone" -c:v libvpx-vp9 -g 10 -crf 50 -b:v 0 -c:a libopus -b:a 12k -ac 1 -cluster_time_limit 1000 -f webm long.webm
node costly.mjs
# Photographs as large as phones make them are these, repeated (photo_test.c): 16 lines with restart markers, for the upper
# half of the picture and for the lower one; and in a way of storing colours that is rare.
row() { node -e '
  const [width, left, right] = process.argv.slice(1), half = width / 2, n = (text) => Buffer.from(text.split(",").map(Number));
  const line = Buffer.concat([...Array(half).fill(n(left)), ...Array(half).fill(n(right))]);
  process.stdout.write(Buffer.concat([Buffer.from(`P6 ${width} 16 255\n`), ...Array(16).fill(line)]));' "$@"; }
row 16384 255,0,0 0,255,0 | cjpeg -quality 90 -sample 2x2 -restart 1 -outfile row-upper.jpg
row 16384 0,0,255 255,255,255 | cjpeg -quality 90 -sample 2x2 -restart 1 -outfile row-lower.jpg
row 8192 255,0,0 0,255,0 | cjpeg -quality 90 -sample 2x2,2x1,1x1 -restart 1 -outfile row-rare.jpg
# Sound as cameras and editors write it, and what is not played at all.
for sound in pcm_s16le pcm_s24be alac ac3; do
  ff -f lavfi -i "$film" -f lavfi -i "$tone" $h264 -g 5 -bf 2 -c:a $sound -ar 32000 -ac 1 film-$sound.mov
done
ff -f lavfi -i "$film" -f lavfi -i "$tone" $h264 -g 5 -bf 2 -c:a flac -f matroska film-flac.mkv
# What is not shown: a picture of each kind that is let through by its first bytes.
for codec in libx265 prores mpeg4; do ff -f lavfi -i "$film" -frames:v 5 -c:v $codec -f mov not-shown-$codec.mov; done
djpeg quarters.jpg | cjpeg -arithmetic -outfile not-shown-arithmetic.jpg
# Twenty tracks of sound that nobody can play before the picture and a sound that is.
ff -f lavfi -i "$film" -f lavfi -i "$tone" -f lavfi -i "$tone,atrim=duration=0.1" -filter_complex "[2]asplit=20$(for i in $(seq 20); do printf '[s%d]' $i; done)" \
  $(for i in $(seq 20); do printf -- '-map [s%d] ' $i; done) -map 0:v -map 1:a $h264 -g 5 -bf 2 -c:a wmav2 -b:a 32k -c:a:20 aac -disposition:a 0 -f matroska film-22-tracks.mkv
