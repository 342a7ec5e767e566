# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# A flood of SCCRQs from forged addresses, and of malformed datagrams: the session that runs loses no packet and its
# tunnel no HELLO (one each second), the daemon does not grow beyond a bound, and another LAC still comes in.
count=1000000 rate=15000 bound=32768 # kB
ns_pair lac lns 192.0.2.1/24 192.0.2.2/24
ns_pair other lns 203.0.113.1/24 203.0.113.2/24
ns_pair evil lns 198.51.100.1/24 198.51.100.2/24
in_ns evil ip route add local 10.128.0.0/10 dev lo
in_ns lns ip route add 10.128.0.0/10 via 198.51.100.1
begin
lns_config 'hello-interval = 1s retransmit-max = 4' 'ipv6 = no'
lac_config "$again" 'ipv6 = no'
sed 's/192\.0\.2\.2/203.0.113.2/; s/lac\.example/other.example/' "$tmp/lac.conf" |
	sed "s|$tmp/lac|$tmp/other|" >"$tmp/other.conf"
chmod 600 "$tmp/other.conf"
mkdir -p "$tmp/other"
start lns
start lac
expect 60 lac 'PPP up'
pings_begin
before=$(rss lns)
nsenter --net=/run/netns/evil -- "$build/tests/flood" 198.51.100.2 1701 10.128.0.0 $count $rate 1 >"$tmp/flood" &
flood=$!
sleep 3
now
begun=$now
start other
most=$before came=
while kill -0 $flood 2>/dev/null; do
	after=$(rss lns)
	[ "$after" -le "$most" ] || most=$after
	if [ -z "$came" ] && said other 'PPP up'; then
		now
		came=$((now - begun))
	fi
	usleep 200000
done
wait $flood || fail 'the flood was not sent'
pings_end || fail 'the session lost a packet'
! said lac '(session|tunnel) closed' || fail 'the tunnel that was there is gone'
[ -n "$came" ] || fail 'nobody else came in while it lasted'
[ $((most - before)) -le $bound ] || fail "the daemon grew from $before to $most kB"
said lns 'rate limits: dropped [1-9]' || fail 'the log does not tell of the flood'
! said lns 'rate limits: dropped' 4 || fail 'the log tells of it too often'
echo "note: $(cat "$tmp/flood"); the LNS had $before kB, then at most $most"
echo "note: another session was up after $((came / 100)).$((came / 10 % 10)) s of it; none of $(grep -c icmp_seq "$tmp/pings") pings was lost"
