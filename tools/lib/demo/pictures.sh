# shellcheck shell=bash
# Screenshots of the player, and which of the demo's items one shows: its thumbnail is compared with thumbnails of the
# items' own frames. Sourced by tools/demo.

PICTURE_ALIKE=7      # mean difference of two thumbnails' samples (0 … 255) below which they show the same thing
PICTURE_FRAMES=8     # reference frames for each second of a film
PICTURE_SIZE=48x27   # of a thumbnail, in pixels

# picture_thumbnails FILE [FILTER]: one line of samples for each frame.
picture_thumbnails() {
  ffmpeg -nostdin -v error -i "$1" -vf "${2:+$2,}scale=${PICTURE_SIZE/x/:}:flags=area" -f rawvideo -pix_fmt rgb24 - |
    od -An -v -tu1 -w$((3 * ${PICTURE_SIZE%x*} * ${PICTURE_SIZE#*x}))
}

# pictures_learn FOLDER OUT: the items of FOLDER/playlist.json, in their order, as lines "NUMBER SAMPLES…".
pictures_learn() {
  local number=0 file
  : >"$2"
  while read -r file; do
    number=$((number + 1))
    case $file in
      *.mp4 | *.webm | *.gif) picture_thumbnails "$1/$file" "fps=$PICTURE_FRAMES" ;;
      *) picture_thumbnails "$1/$file" ;;
    esac | sed "s/^/$number /" >>"$2"
  done < <(picture_files "$1")
}

picture_files() {
  sed -n 's/.*"file": *"\([^"]*\)".*/\1/p' "$1/playlist.json"
}

# picture_of FILE REFERENCES: prints "NUMBER DIFFERENCE" of the item that it is most like.
picture_of() {
  picture_thumbnails "$1" | awk '
    FNR == NR { for (i = 1; i <= NF; i++) sample[i] = $i; count = NF; next }
    NF == count + 1 {
      sum = 0
      for (i = 1; i <= count; i++) { d = sample[i] - $(i + 1); sum += d < 0 ? -d : d }
      if (best == "" || sum < best) { best = sum; number = $1 }
    }
    END { if (best == "") print "0 255"; else printf "%d %.2f\n", number, best / count }' - "$2"
}

# picture_take FILE: what the player shows now, as PNG.
picture_take() {
  rm -f "$dir/shot.png"
  kill -USR1 "${pids[player]}" 2>/dev/null || return 1
  until_true 10 picture_whole "$dir/shot.png" && mv "$dir/shot.png" "$1"
}

# picture_take_still FILE: the same, once no transition is on its way: two pictures in succession are alike.
picture_take_still() {
  picture_take "$1" && until_true 10 picture_stands "$1"
}

picture_stands() {
  local before=$dir/before.png
  cp "$1" "$before" && picture_take "$1" && cmp -s "$1" "$before"
}

# A PNG ends with its IEND chunk.
picture_whole() {
  [ -s "$1" ] && [ "$(tail -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 49454e44ae426082 ]
}
