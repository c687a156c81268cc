# shellcheck shell=bash
# What the console's pages ask the headend, without a browser: its API, with a session. Sourced by tools/demo.
#   api_start FOLDER ORIGIN CA-FILE
#   api_setup LINK NAME PASSWORD        makes the first account, as the page behind the link does, and is signed in
#   api METHOD PATH [JSON]              prints the answer; fails where it is a problem, and says which
#   api_leads ADDRESS                   prints where an address leads
#   json_text NAME <ANSWER              a member's text

api_start() {
  api_jar=$1/cookies
  api_origin=$2
  api_ca=$3
  api_csrf=
  rm -f "$api_jar"
}

api_curl() {
  curl --silent --show-error --max-time 20 --proto '=https' --noproxy '*' --cacert "$api_ca" "$@"
}

# Bodies have secrets in them, and go through the standard input, not the list of processes.
api() {
  local method=$1 path=$2 body=${3:-}
  local words=(--fail-with-body --request "$method" --cookie "$api_jar" --cookie-jar "$api_jar" --header "Origin: $api_origin")
  [ -z "$api_csrf" ] || words+=(--header "Pingplay-CSRF: $api_csrf")
  [ -z "$body" ] || words+=(--header 'Content-Type: application/json' --data-binary @-)
  printf '%s' "$body" | api_curl "${words[@]}" "$api_origin$path" || { echo "$method $path was refused" >&2; return 1; }
}

json_text() {
  sed -n "s/.*\"$1\":\"\([^\"\\\\]*\)\".*/\1/p"
}

api_setup() {
  local answer
  answer=$(api POST /api/v1/setup "{\"token\":\"${1##*#}\",\"name\":\"$2\",\"password\":\"$3\"}") || return 1
  api_csrf=$(json_text csrf <<<"$answer")
  [ -n "$api_csrf" ]
}

api_leads() {
  api_curl --output /dev/null --write-out '%{redirect_url}' "$1"
}
