# shellcheck shell=bash
# As much of a browser as it takes to sign in and press a button: pages over HTTPS with the headend's authority, cookies,
# redirects, forms with what they hold already. Sourced by tools/demo.
#   browser_start FOLDER CA-FILE
#   browser_open URL                     the page is then in $page, its address in $page_url
#   browser_submit NAME=VALUE…           the page's form that has a field of the first name
#   browser_text                         the page's words, without tags

browser_start() {
  browser_jar=$1/cookies
  browser_ca=$2
  page=$1/page.html
  page_url=
  rm -f "$browser_jar"
}

browser_request() {
  page_url=$(curl --silent --show-error --fail-with-body --location --max-redirs 5 --max-time 20 --proto '=https' --noproxy '*' \
    --cacert "$browser_ca" --cookie "$browser_jar" --cookie-jar "$browser_jar" --output "$page" \
    --write-out '%{url_effective}' "$@")
}

browser_open() {
  browser_request "$1"
}

# Rows "FORM <tab> ACTION <tab> NAME <tab> VALUE" of every field that a browser would send.
browser_fields() {
  tr '\n' ' ' <"$page" | awk '
    function attribute(tag, name,    at, rest, quote) {
      at = match(tolower(tag), "[ \t]" name "[ \t]*=[ \t]*[\"\x27]")
      if (!at) return ""
      rest = substr(tag, at + RLENGTH)
      quote = substr(tag, at + RLENGTH - 1, 1)
      rest = substr(rest, 1, index(rest, quote) - 1)
      gsub(/&quot;/, "\"", rest); gsub(/&#39;/, "\x27", rest); gsub(/&lt;/, "<", rest); gsub(/&gt;/, ">", rest)
      gsub(/&amp;/, "\\&", rest)
      return rest
    }
    # A field may stand outside of its form, and name it.
    function field(name, value) {
      if (name == "") return
      owner[++count] = tag_form == "" ? form : "#" tag_form
      row[count] = name "\t" value
    }
    BEGIN { RS = "<" }
    {
      tag = substr($0, 1, index($0 ">", ">") - 1)
      kind = tolower(tag); sub(/[ \t\/].*/, "", kind)
      type = tolower(attribute(tag, "type"))
      tag_form = attribute(tag, "form")
      if (kind == "form") { form++; action[form] = attribute(tag, "action"); number["#" attribute(tag, "id")] = form }
      else if (kind == "input" && type !~ /^(submit|button|reset|image|file)$/ &&
        (type !~ /^(checkbox|radio)$/ || tolower(tag) ~ /[ \t]checked/)) field(attribute(tag, "name"), attribute(tag, "value"))
      else if (kind == "textarea") field(attribute(tag, "name"), "")
      else if (kind == "select") { select = attribute(tag, "name"); chosen = ""; any = 0 }
      else if (kind == "option" && select != "" && (!any || tolower(tag) ~ /[ \t]selected/)) { chosen = attribute(tag, "value"); any = 1 }
      else if (substr(tag, 1, 7) == "/select") { field(select, chosen); select = "" }
      else if (kind == "button" && attribute(tag, "name") != "" && !(form in pressed)) {
        pressed[form] = 1; field(attribute(tag, "name"), attribute(tag, "value"))
      }
    }
    END {
      for (i = 1; i <= count; i++) {
        of = owner[i] ~ /^#/ ? number[owner[i]] : owner[i]
        print of "\t" action[of] "\t" row[i]
      }
    }'
}

browser_submit() {
  local wanted=${1%%=*} form action target name value override data=() origin
  form=$(browser_fields | awk -F'\t' -v name="$wanted" '$3 == name { print $1; exit }')
  [ -n "$form" ] || { echo "the page $page_url has no field \"$wanted\"" >&2; return 1; }
  while IFS=$'\t' read -r target name value; do
    action=$target
    for override; do
      [ "${override%%=*}" = "$name" ] && value=${override#*=}
    done
    data+=(--data-urlencode "$name=$value")
  done < <(browser_fields | awk -F'\t' -v OFS='\t' -v form="$form" '$1 == form { print ($2 == "" ? "." : $2), $3, $4 }')
  origin=$(sed 's#^\(https://[^/]*\).*#\1#' <<<"$page_url")
  case $action in
    .) action=$page_url ;;
    /*) action=$origin$action ;;
    https://*) ;;
    *) action=${page_url%/*}/$action ;;
  esac
  # A form's answer is a redirect, and that is fetched without the form.
  browser_request --header "Origin: $origin" --referer "$page_url" "${data[@]}" "$action"
}

browser_text() {
  tr '\n' ' ' <"$page" | sed -e 's/<style.*<\/style>//; s/<script.*<\/script>//; s/<[^>]*>/ /g; s/  */ /g'
}
