# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# Bad input: tens of thousands of datagrams of noise from a neighbour. The session that runs does not lose a packet, the
# daemon does not grow, and it still takes others in.
ns_pair lac lns 192.0.2.1/24 192.0.2.2/24
ns_pair evil lns 198.51.100.1/24 198.51.100.2/24
# Half-open tunnels of one source make room for each other all the time: little of what has been freed is kept to be watched.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=0:thread_local_quarantine_size_kb=0"
begin
lns_config '' 'ipv6 = no'
lac_config "$quick $again" 'ipv6 = no'
start lns
start lac
expect 60 lac 'PPP up'
pings_begin

# noise SEED: 10,000 datagrams, and until the daemon has read all of it
drained() {
	in_ns lns awk '$2 ~ /:06A5$/ { split($5, queue, ":"); left += queue[2] != "00000000" } END { exit left }' /proc/net/udp
}
noise() {
	in_ns evil "$build/tests/noise" 198.51.100.2 10000 "$1"
	wait_for 30 drained
}

# Half-open tunnels of one source fill up, the allocator takes what it takes, in steps; then 10,000 more cost nothing.
seed=0 first=$(rss lns)
after=$first before=0
while [ $((after - before)) -gt 64 ]; do
	seed=$((seed + 1)) before=$after
	[ $seed -le 8 ] || fail 'the daemon grows with every datagram'
	noise $seed
	after=$(rss lns)
done
echo "note: $((seed * 10000)) datagrams; the LNS had $first kB, then $before, now $after"
[ "$after" -lt $((first + 32768)) ] || fail 'the daemon has grown too much'
pings_end || fail 'the session suffered'
! said lac 'session closed'
stop lac
start lac
expect 60 lac 'PPP up' 2
echo "note: $(grep -c 'tunnel refused' "$tmp/lns.log") refusals in the log, $(wc -l <"$tmp/lns.log") lines in all"
