#!/usr/bin/env python3
"""Makes rules.txt anew: 1,000 recurrence rules by chance (always the same ones) and when they happen.

    make.py > rules.txt       needs python3-dateutil, node, and ical.js 2 (npm) where node finds it; some minutes

When they happen is what two implementations that know nothing of each other say, python3-dateutil and Mozilla's ical.js,
where they agree. Where they do not, the reason is one of those below, and RFC 5545 decides which of them is followed; a
rule on which they differ for no such reason ends this script.

One rule a line: "=" where both agree, "d" where dateutil was followed, "i" where ical.js was, "r" where neither can be
and the reference below was; then dtstart, the rule, and its first occurrences, at most 24 and none after 2034.
"""
import datetime
import itertools
import json
import random
import subprocess
import sys

from dateutil.rrule import rrulestr

COUNT = 1000
MOST = 24
END = datetime.datetime(2034, 12, 31)
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
chance = random.Random(5545)


def some(values, most):
    return sorted(chance.sample(list(values), chance.randint(1, most)))


def numbers(most, count):
    """Numbers to `most`, some of which count from the end."""
    return [n if chance.random() < 0.6 else -n for n in some(range(1, most + 1), count)]


def make_rule():
    freq = chance.choice(["DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "MONTHLY", "MONTHLY", "YEARLY", "YEARLY", "YEARLY"])
    parts = {"FREQ": [freq]}
    if chance.random() < 0.4:
        parts["INTERVAL"] = [chance.choice([2, 2, 3, 4, 5])]
    if chance.random() < 0.3:
        parts["BYMONTH"] = some(range(1, 13), 4)
    if freq in ("DAILY", "MONTHLY", "YEARLY") and chance.random() < 0.35:
        parts["BYMONTHDAY"] = numbers(31, 4)
    elif freq == "YEARLY" and chance.random() < 0.3:
        parts["BYYEARDAY"] = numbers(366, 5)
    elif freq == "YEARLY" and chance.random() < 0.5:
        parts["BYWEEKNO"] = [n if chance.random() < 0.7 else -n for n in
                             some([1, 2, 20, 26, 51, 52, 53, *range(1, 54)], 3)]
        parts["BYWEEKNO"] = sorted(set(parts["BYWEEKNO"]))
    if chance.random() < 0.55 or "BYWEEKNO" in parts:
        days = some(DAYS, 5)
        with_numbers = freq in ("MONTHLY", "YEARLY") and "BYWEEKNO" not in parts and chance.random() < 0.5
        most = 5 if freq == "MONTHLY" or "BYMONTH" in parts else 53
        parts["BYDAY"] = [(str(n) if with_numbers else "") + day for day in days
                          for n in [chance.choice([-1, 1, -2, 2, chance.randint(1, most)])]]
    if len(parts) > 1 + ("INTERVAL" in parts) and chance.random() < 0.3:
        parts["BYSETPOS"] = sorted(set(numbers(5 if freq in ("DAILY", "WEEKLY") else 12, 2)))
    if chance.random() < 0.2:
        parts["BYHOUR"] = some(range(0, 24), 3)
    if chance.random() < 0.3:
        parts["WKST"] = [chance.choice(["MO", "SU", "WE"])]
    if chance.random() < 0.15:
        parts["COUNT"] = [chance.randint(1, 12)]
    elif chance.random() < 0.15:
        parts["UNTIL"] = [f"{chance.randint(2027, 2031)}{chance.randint(1, 12):02}15T120000Z"]
    start = datetime.datetime(2026, 1, 1) + datetime.timedelta(days=chance.randint(0, 700), hours=chance.randint(0, 23),
                                                               minutes=chance.choice([0, 15, 30]))
    return start, parts


def text_of(parts):
    return ";".join(f"{name}={','.join(map(str, values))}" for name, values in parts.items())


def by_dateutil(start, parts):
    text = text_of(parts).replace("Z", "")  # everything here is in UTC
    found = rrulestr("RRULE:" + text, dtstart=start)
    if "UNTIL" not in parts and "COUNT" not in parts:
        found = found.replace(until=END)
    return list(itertools.takewhile(lambda t: t <= END, itertools.islice(found, MOST)))


ICAL = """
import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import ICAL from 'ical.js';
const rules = JSON.parse(readFileSync(0, 'utf8'));
const MOST = 24;
process.stdout.write(JSON.stringify(rules.map(([start, rule]) => {
  globalThis.work = () => {
    const recur = ICAL.Recur.fromString(rule.replace('Z', ''));
    const dtstart = ICAL.Time.fromDateTimeString(start);
    const found = [];
    const iterator = recur.iterator(dtstart);
    for (let steps = 0; found.length < MOST && steps < 3000; steps++) {
      const time = iterator.next();
      if (!time || time.year > 2034) break;
      if (time.compare(dtstart) >= 0) found.push(time.toString());
    }
    return found;
  };
  try {
    return vm.runInThisContext('work()', { timeout: 200 }); // for some rules it searches without end
  } catch (error) {
    return [`error: ${error.message}`];
  }
})));
"""


def by_ical(rules):
    given = json.dumps([(start.isoformat(), text_of(parts)) for start, parts, _ in rules])
    return json.loads(subprocess.check_output(["node", "--input-type=module", "-e", ICAL], input=given, text=True))


def day_matches(day, start, parts, week_start):
    """RFC 5545 §3.3.10 as it reads, for one day: slow, and as plain as it can be."""
    freq = parts["FREQ"][0]
    year_first = datetime.date(day.year, 1, 1)
    year_days = (datetime.date(day.year + 1, 1, 1) - year_first).days
    month_first = day.replace(day=1)
    month_days = ((month_first + datetime.timedelta(days=32)).replace(day=1) - month_first).days

    def week(of):
        return of - datetime.timedelta(days=(of.weekday() - week_start) % 7)

    def counted(number, forward, length):
        return number in (forward, forward - length - 1)

    interval = parts.get("INTERVAL", [1])[0]
    first = start.date()
    periods = {"DAILY": (day - first).days, "WEEKLY": (week(day) - week(first)).days // 7,
               "MONTHLY": (day.year - first.year) * 12 + day.month - first.month, "YEARLY": day.year - first.year}[freq]
    if periods % interval:
        return False
    days = {"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"} & parts.keys()
    months = parts.get("BYMONTH")
    if not days and freq == "YEARLY" and not months:
        months = [first.month]
    if months and day.month not in months:
        return False
    if not days and freq in ("MONTHLY", "YEARLY") and day.day != first.day:
        return False
    if ((not days and freq == "WEEKLY") or days == {"BYWEEKNO"}) and day.weekday() != first.weekday():
        return False
    if "BYMONTHDAY" in parts and not any(counted(n, day.day, month_days) for n in parts["BYMONTHDAY"]):
        return False
    year_day = (day - year_first).days + 1
    if "BYYEARDAY" in parts and not any(counted(n, year_day, year_days) for n in parts["BYYEARDAY"]):
        return False
    if "BYWEEKNO" in parts:
        year = (week(day) + datetime.timedelta(days=3)).year
        week_1 = week(datetime.date(year, 1, 4))
        weeks = (week(datetime.date(year + 1, 1, 4)) - week_1).days // 7
        if not any(counted(n, (week(day) - week_1).days // 7 + 1, weeks) for n in parts["BYWEEKNO"]):
            return False
    if "BYDAY" in parts:
        of_month = freq == "MONTHLY" or "BYMONTH" in parts
        place, length = (day.day, month_days) if of_month else (year_day, year_days)
        name = DAYS[day.weekday()]
        numbers_of = [value[:-2] for value in parts["BYDAY"] if value.endswith(name)]
        if not any(n == "" or int(n) in ((place - 1) // 7 + 1, -((length - place) // 7) - 1) for n in numbers_of):
            return False
    return True


def by_reference(start, parts):
    week_start = DAYS.index(parts.get("WKST", ["MO"])[0])
    freq = parts["FREQ"][0]
    hours = parts.get("BYHOUR", [start.hour])
    until = datetime.datetime.strptime(parts["UNTIL"][0], "%Y%m%dT%H%M%SZ") if "UNTIL" in parts else END
    first = datetime.date(start.year - 1, 12, 1)
    periods = {}
    for offset in range((END.date() - first).days + 1):
        day = first + datetime.timedelta(days=offset)
        if day_matches(day, start, parts, week_start):
            week = day - datetime.timedelta(days=(day.weekday() - week_start) % 7)
            key = {"DAILY": day, "WEEKLY": week, "MONTHLY": (day.year, day.month), "YEARLY": day.year}[freq]
            periods.setdefault(key, []).extend(
                datetime.datetime(day.year, day.month, day.day, hour, start.minute) for hour in hours)
    found = []
    for times in periods.values():
        if "BYSETPOS" in parts:
            places = {n - 1 if n > 0 else len(times) + n for n in parts["BYSETPOS"]}
            times = [t for i, t in enumerate(times) if i in places]
        found += [t for t in times if start <= t <= min(until, END)]
    return found[: min([MOST, *parts.get("COUNT", [])])]


def reason_of(parts, start, dateutil, ical, reference):
    """Why the two differ, and whom RFC 5545 bears out."""
    if dateutil == reference:
        # ical.js, as the libical that it was made from: a dtstart that the rule does not have counts; BYSETPOS of weekly
        # and daily rules is nothing; BYMONTHDAY of daily ones does not count from the end; BYWEEKNO is left out or is
        # of the wrong year; yearly rules with BYMONTHDAY, or with several BYHOUR, lose days; months that BYMONTH leaves
        # out are not counted by INTERVAL.
        return "d"
    if ical == reference:
        # dateutil: BYWEEKNO without BYDAY is every day of the week, not the weekday of dtstart; the first week of a
        # BYSETPOS begins at dtstart and not at WKST.
        return "i"
    if "BYWEEKNO" in parts and any(abs(n) >= 52 for n in parts["BYWEEKNO"]):
        # dateutil does not see all days at a year's ends: the last of December in a week of the next year that is
        # counted from its end, and the first of January in the last week of the year before, where weeks begin on a
        # Sunday. ical.js is wrong about BYWEEKNO in general.
        return "r"
    if parts["FREQ"][0] == "WEEKLY" and "BYSETPOS" in parts:
        # Both of the above at once.
        return "r"
    print(f"no reason known: {start} {text_of(parts)}\n  dateutil  {dateutil}\n  ical.js   {ical}\n"
          f"  reference {reference}", file=sys.stderr)
    return "?"


def main():
    rules = []
    seen = set()
    while len(rules) < COUNT:
        start, parts = make_rule()
        found = by_reference(start, parts)
        if found and chance.random() < 0.8:  # most rules have their dtstart, as RFC 5545 asks for
            start = found[0]
            found = by_reference(start, parts)
        if found and (start, text_of(parts)) not in seen:
            seen.add((start, text_of(parts)))
            rules.append((start, parts, [t.isoformat() for t in found]))
    print("# Made by make.py beside this, which says how to read it.")
    marks = {}
    for (start, parts, reference), ical in zip(rules, by_ical(rules)):
        dateutil = [t.isoformat() for t in by_dateutil(start, parts)]
        mark = "=" if dateutil == ical == reference else reason_of(parts, start, dateutil, ical, reference)
        marks[mark] = marks.get(mark, 0) + 1
        print(mark, start.isoformat(), text_of(parts), *reference)
    print(marks, file=sys.stderr)
    sys.exit("?" in marks)


main()
