# What failed in TAP of node's test runner, and why: of each test that is no suite its name and the ends of its error.
#   awk -f tap_failures.awk FILE.tap…
function tell(  i) {
  if (name != "" && !suite) {
    print file ": " name
    for (i = 1; i <= count; i++) {
      if (i <= 8 || i > count - 12) print "    " error[i]
      else if (i == 9) print "    [...]"
    }
  }
  name = ""
}
FNR == 1 { tell(); file = FILENAME; sub(/.*\//, "", file); sub(/\.tap$/, "", file) }
/^ *not ok / { tell(); name = $0; sub(/^ *not ok [0-9]* - /, "", name); suite = count = inside = 0; next }
name == "" { next }
/^ *\.\.\.$/ { tell(); next }
/^ *failureType: 'subtestsFailed'/ { suite = 1 }
/^ *error: / { inside = 1; sub(/^ *error: (\|-)?/, ""); if ($0 == "") next }
/^ *(code|name|stack|operator): / { inside = 0 }
inside { sub(/^ */, ""); error[++count] = substr($0, 1, 300) }
END { tell() }
