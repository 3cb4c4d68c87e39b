"""What the names of columns say about their roles."""

from __future__ import annotations

import re

# Names that end in id without a mark before it. Others end so by chance: bid, grid, paid, valid.
_JOINED = (
    r"^(series|item|store|shop|branch|product|sensor|station|meter|device|site|region|user|customer|client|account|"
    r"plant|machine|asset|location|unit|order)id$"
)
# A column under such a name is tried as the id before others.
ID_NAMES = re.compile(
    r"(?i)(^|_)(id|unique_id|series|name|key|code|item|store|shop|branch|sku|product|sensor|station|meter|device|site|"
    r"region|symbol|ticker|customer|plant|line|unit|group|grp)($|_)|(?-i:[a-z]I[dD]$)|" + _JOINED
)
# Where no time occurs twice, only such a name says that there are several series all the same.
SERIES_NAMES = re.compile(
    r"(?i)^(.*_id|id|series|series_name|item|store|shop|branch|outlet|market|sku|product|article|sensor|probe|station|"
    r"meter|device|machine|turbine|pump|asset|site|location|building|room|region|city|country|county|district|zone|"
    r"warehouse|department|dept|brand|symbol|ticker|customer|client|account|vehicle|airport|route|plant|"
    r"filiale|standort|gerät|zähler|tienda|magasin|boutique)$|(?-i:[a-z]I[dD]$)|" + _JOINED
)
# Integers under such a name label things, and are no quantity.
LABEL_NAMES = re.compile(
    r"(?i)(^|_)(id|key|code|sku|zip|no|nr|store|shop|item|product|sensor|station|meter|device|site|branch|region|"
    r"customer|symbol|ticker|cluster|class|type|category|flag|index|idx|instant|row|rownum|lat|lon|latitude|longitude)$"
    r"|(?-i:[a-z]I[dD]$)|" + _JOINED
)
TARGET_NAMES = re.compile(r"(?i)^(y|target|value)$")
# What people forecast, as the last word of a name.
_USUAL_NAMES = re.compile(
    r"(?i)(^|_)(sales?|sold|demand|load|consumption|usage|count|cnt|total|quantity|qty|amount|volume|units|orders|"
    r"visits|visitors|passengers|trips|rides|revenue|turnover|traffic|generation|production|close)(_day|_hour)?$"
)
# Numbers and words that the time implies.
CLOCK_NAMES = re.compile(
    r"(?i)^(year|yr|quarter|qtr|month|mnth|week|weekday|weekofyear|week_of_year|dow|day|dayofweek|day_of_week|day_name|"
    r"dayname|month_name|dayofyear|day_of_year|day_of_month|hour|hr|hour_of_day|minute|min|second|season|am_?pm|"
    r"is_?(holiday|weekend|workday|workingday|weekday|business_?day|night|day)|holiday|bank_?holiday|public_?holiday|"
    r"school_?holiday|weekend|workday|workingday|working_day|business_?day|daylight|dst|daytype|day_type)$"
)

# Values that the time implies, and flags.
CLOCK_WORDS = re.compile(
    r"(?i)^(mon(day)?|tue(s|sday)?|wed(nesday)?|thu(r|rs|rsday)?|fri(day)?|sat(urday)?|sun(day)?|jan(uary)?|feb(ruary)?|"
    r"mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?|spring|summer|"
    r"autumn|fall|winter|am|pm|day|night|morning|afternoon|evening|weekend|weekday|workday|holiday|q[1-4]|"
    r"y|n|yes|no|true|false|on|off|j|ja|nein|si|sí|oui|non|open|closed|good|bad|ok|normal|promo|none|0|1)$"
)

# What a column of a year and a number holds, by its name: 2000-01 may be a month, and a quarter.
MONTH_NAMES = re.compile(r"(?i)month|monat|mois|(^|_)mes($|_)|^(ym|yyyy[_-]?mm)$")
QUARTER_NAMES = re.compile(r"(?i)quarter|quartal|trimest|(^|_)qtr($|_)|^(q|yq|yyyy[_-]?q{1,2})$")

# Numbers of rows.
COUNTER_NAMES = re.compile(
    r"(?i)^(unnamed: \d+|rows?_?(num|number|no|id|index)?|index|idx|instant|seq|sequence|counter|record_?(no|id)?)$"
)

# Columns that say how good the values of a row are.
QUALITY_NAMES = re.compile(r"(?i)(^|_)(quality|qual|qc|status|validity|valid|flags?)$")


def is_usual(name: str) -> bool:
    """Return whether people often forecast a column of this name."""
    return TARGET_NAMES.search(name) is not None or _USUAL_NAMES.search(name) is not None
