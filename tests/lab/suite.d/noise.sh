# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# Bad input: 30,000 datagrams of noise from a neighbour. The session that runs does not lose a packet, the daemon does
# not grow, and it still takes others in.
ns_pair lac lns 192.0.2.1/24 192.0.2.2/24
ns_pair evil lns 198.51.100.1/24 198.51.100.2/24
begin
lns_config '' 'ipv6 = no'
lac_config "$quick $again" 'ipv6 = no'
start lns
start lac
expect 60 lac 'PPP up'
pings_begin

# noise COUNT SEED: and until the daemon has read all of it
drained() {
	in_ns lns awk '$2 ~ /:06A5$/ { split($5, queue, ":"); left += queue[2] != "00000000" } END { exit left }' /proc/net/udp
}
noise() {
	in_ns evil "$build/tests/noise" 198.51.100.2 "$1" "$2"
	wait_for 30 drained
}

# The first of them fill what may be filled: half-open tunnels of one source, and what the allocator keeps
noise 20000 1
before=$(rss lns)
noise 10000 2
after=$(rss lns)
echo "note: the LNS has $after kB, it had $before kB before the last 10,000 datagrams"
[ "$after" -lt $((before + 1024)) ] || fail 'the daemon grows'

pings_end || fail 'the session suffered'
! said lac 'session closed'
stop lac
start lac
expect 60 lac 'PPP up' 2
echo "note: $(grep -c 'tunnel refused' "$tmp/lns.log") refusals in the log, $(wc -l <"$tmp/lns.log") lines in all"
