# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# R2661-5.3-04, R2661-5.3-07
# Many sessions in one tunnel: all come up, some are tried, and the LAC stops in order with all of them.
# $sessions: how many (20)
n=${sessions:-20} stop_timeout=30s
lab
lns_config '' 'ipv6 = no'
lac_config "calls = $n" 'ipv6 = no'
start lns
start lac
expect 30 lac 'tunnel established'
now
from=$now
expect 240 lac 'PPP up' "$n"
expect 60 lns 'PPP up' "$n"
now
echo "note: $n sessions with pppd at both ends were up in $(((now - from) / 100)).$(((now - from) / 10 % 10)) s"
holds lac 1 "$n"
holds lns 1 "$n"
for i in 1 $((n / 2)) "$n"; do
	in_ns lac ping -q -c 1 -W 5 -I "$(interface lac "$i")" 10.64.0.1
done
now
from=$now
stop lac
expect 20 lns 'session closed' "$n" # by the peer, or since its PPP has said good-bye first
wait_for 30 holds lns 0 0
now
echo "note: ... and down in $(((now - from) / 100)).$(((now - from) / 10 % 10)) s"
