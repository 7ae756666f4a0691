"""A file of options and a watch list that say everything there is to say."""

from __future__ import annotations

OPTIONS = """\
imagery = "tiles"
cache = "cache"
cache_gb = 1.5
offline = false
allow_hosts = ["stac.example.org"]
product = "sentinel-2-l2a"
method = "rcva"
mask = "product"
chunk = 512
workers = 1
history = 100
overwrite = true
[archives.mine]
url = "https://stac.example.org"
signing = "none"
[archives.mine.collections.s2-tiles]
product = "sentinel-2-l2a"
offset = "any"
bands = { B4 = "red", CLASS = "scl" }
"""


WATCH = """\
store = "runs"
metrics = "batch.prom"
[defaults]
imagery = "tiles"
history = 100
attempts = 2
wait_s = 0
notify = ["desk"]
[[site]]
site = "places"
[[site]]
site = "hmeimim"
name = "base"
rule = "dates"
before = "2024-12-10"
after = 2024-12-13
clear = 0.5
[[site]]
rule = "claims"
article = "article.txt"
date = "2024-12-14"
[notify.desk]
kind = "webhook"
to = "https://desk.example.org/hook"
secret_env = "DESK_SECRET"
[notify.log]
kind = "file"
to = "alerts.jsonl"
[notify.post]
kind = "email"
to = ["a@example.org"]
server = "mail.example.org:587"
sender = "b@example.org"
"""
