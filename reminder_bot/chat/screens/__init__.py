"""What a command shows, and where its buttons lead: one module for each screen, `screen` for all.

menu      the screens there are, and the commands of Telegram's menu
today     the day's card and its corrections        habits    habits and their times
settings  hours, diet, zone, digest and the rest    stats     how the last weeks went
zone_picker  a zone by clock, city or location
"""
