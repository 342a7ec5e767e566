# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# 100 tunnels with a session each, to one LNS; and when they are closed and the linger is over, no file descriptor of
# them is left.
n=100 stop_timeout=30s
lab
lns_config '' 'ipv6 = no'
{
	echo 'listen = {}'
	i=0
	while [ $i -lt $n ]; do
		echo "lac \"uplink$i\" { server = 192.0.2.2 host-name = lac$i secret = sesame challenge = yes
			$again ppp { interface = \"l2tp%d\" options = { noauth } ipv6 = no } }"
		i=$((i + 1))
	done
} | config lac
start lns
expect 30 lns 'is ready'
open_fds lns
before=$open_fds
start lac
expect 30 lac dialling
now
from=$now
expect 240 lac 'PPP up' "$n"
expect 60 lns 'PPP up' "$n"
now
echo "note: $n tunnels with a session each were up in $(((now - from) / 100)).$(((now - from) / 10 % 10)) s"
holds lac "$n" "$n"
holds lns "$n" "$n"
for i in 1 $((n / 2)) "$n"; do
	in_ns lac ping -q -c 1 -W 5 -I "$(interface lac "$i")" 10.64.0.1
done
stop lac
wait_for 60 holds lns 0 0
wait_for 60 fds_are lns "$before" || fail "the LNS had $before file descriptors open and has $open_fds"
