# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# Bad input: 20,000 datagrams of noise from a neighbour. The session that runs does not lose a packet, the daemon does
# not grow, and it still takes others in.
ns_pair lac lns 192.0.2.1/24 192.0.2.2/24
ns_pair evil lns 198.51.100.1/24 198.51.100.2/24
begin
lns_config '' 'ipv6 = no'
lac_config "$quick $again" 'ipv6 = no'
start lns
start lac
expect 60 lac 'PPP up'
in_ns lac /bin/ping -i 0.1 -W 10 10.64.0.1 >"$tmp/ping" &
ping=$!

# The first half fills what may be filled: half-open tunnels of one source, and what the allocator keeps
in_ns evil "$build/tests/noise" 198.51.100.2 10000 1
before=$(rss lns)
in_ns evil "$build/tests/noise" 198.51.100.2 10000 2
after=$(rss lns)
echo "note: the LNS has $after kB after 20,000 datagrams, it had $before kB after 10,000"
[ "$after" -lt $((before + 4096)) ] || fail 'the daemon grows'

kill -INT $ping
wait $ping || fail "ping: $(tail -n 3 "$tmp/ping")"
grep -q ' 0% packet loss' "$tmp/ping" || fail "the session suffered: $(tail -n 3 "$tmp/ping")"
! said lac 'session closed'
stop lac
start lac
expect 60 lac 'PPP up' 2
echo "note: $(grep -c 'tunnel refused' "$tmp/lns.log") refusals in the log, $(wc -l <"$tmp/lns.log") lines in all"
