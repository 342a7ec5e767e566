# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# l2tpctl against daemons with the real kernel and pppd: the session in full with the kernel's counters, events of PPP,
# close, open and call, top with traffic; and what else needs no more than an answer.
lab
for file in pap chap; do
	echo 'alice isp secret *' >"/etc/ppp/$file-secrets"
done
pppd='auth, name, isp, require-chap' lns_config
pppd='noauth, user, alice, remotename, isp' lac_config
sed -i 's/dial = yes/dial = no/' "$tmp/lac.conf"

# ctl NAME ARGUMENT...: at the daemon NAME
ctl() {
	_at=$1
	shift
	in_ns "$_at" "$build/daemon/ctl/l2tpctl" --socket "$tmp/$_at/bus" "$@"
}
# member NAME KEY ARGUMENT...: of the object that l2tpctl prints
member() {
	_of=$1 _key=$2
	shift 2
	ctl "$_of" --json "$@" | jq -er ".$_key"
}
# heard WORDS: the watch at the LNS has; as JSON
heard() { jq -ec "select($1)" "$tmp/watch" | grep -q .; }
# What the kernel has counted for the LNS's session: packets and octets received, and sent
kernel_counters() {
	# behind its line SESSION: NR/NS PACKETS/OCTETS/ERRORS PACKETS/OCTETS/ERRORS, sent and received
	in_ns lns awk '$1 == "SESSION" { one = 1 }
		one && NF == 3 && $2 ~ /^[0-9]+\/[0-9]+\/[0-9]+$/ {
			split($2, tx, "/"); split($3, rx, "/"); print rx[1], rx[2], tx[1], tx[2]; exit }' /proc/net/pppol2tp
}
# The same by the daemon, with the kernel asked before and after: between them nothing was counted
counters_agree() {
	_before=$(kernel_counters)
	_said=$(ctl lns show session l2tp0 --json |
		jq -r '.Counters | "\(.RxPackets) \(.RxBytes) \(.TxPackets) \(.TxBytes)"')
	say "the kernel: $_before; l2tpctl: $_said"
	[ -n "$_before" ] && [ "$_before" = "$_said" ] && [ "$_said" = "$(kernel_counters)" ]
}

start lns
start lac
expect 30 lns 'is ready'
expect 30 lac 'is ready'
nsenter --net=/run/netns/lns -- "$build/daemon/ctl/l2tpctl" --socket "$tmp/lns/bus" watch --json >"$tmp/watch" &
watching=$!
wait_for 20 heard '.Event == "Watching"' || fail 'no watch'

# Up, by hand
tunnel=$(ctl lac open uplink --wait) || fail open
ppp_works 1462
for name in lac lns; do # the second network protocol is not a second link
	expect 20 $name 'PPP: IPv4 and IPv6 up, .*fe80'
	[ "$(grep -c 'PPP up' "$tmp/$name.log")" = 1 ] || fail "PPP up, more than once at the $name"
done
wait_for 20 heard '.Change == "ppp-up" and .Row.UserName == "alice" and .Row.Interface == "l2tp0"' || fail 'ppp-up'
session=$(member lns 'Session' show session alice)
[ "$(member lns RemoteAddress show session l2tp0)" = 10.64.0.2 ] || fail 'RemoteAddress'
[ "$(member lns LocalAddress show session l2tp0)" = 10.64.0.1 ] || fail 'LocalAddress'
[ "$(member lns PppState show session l2tp0)" = up ] || fail 'PppState'
[ "$(member lns LocalIPv6 show session l2tp0)" = "$_peer" ] || fail "LocalIPv6 is not $_peer"
grep -q pppd "/proc/$(member lns PppPid show session l2tp0)/comm" || fail 'PppPid'
ctl lns show session alice

# What has gone through it
in_ns lac /bin/ping -q -c 20 -i 0.05 -s 1000 10.64.0.1
wait_for 20 counters_agree || { counters_agree; fail 'counters'; }
[ "$(member lns Counters.RxBytes show session l2tp0)" -gt 20000 ] || fail 'fewer octets than were sent'

nsenter --net=/run/netns/lac -- /bin/ping -q -i 0.05 -s 1000 10.64.0.1 >"$tmp/ping" &
pinging=$!
ctl lns --json top --batch 1 --interval 2 >"$tmp/top"
kill "$pinging"
wait "$pinging" || :
cat "$tmp/top"
jq -e '.Top[0].Interface == "l2tp0" and .Top[0].RxBps > 20000 and .Top[0].TxBps > 20000' "$tmp/top" || fail top
ctl lns top --batch 1 --interval 1 | grep -q 'l2tp0.*alice.*10.64.0.2' || fail 'top as text'

# Everything that only looks
for what in '' tunnels sessions profiles statistics config 'profile isp' 'session alice' \
	'sessions --user alice --interface l2tp0 --address 10.64.0.2 --role lns --profile isp --peer 192.0.2.1'; do
	# shellcheck disable=SC2086
	ctl lns show $what >"$tmp/text" && ctl lns --json show $what >"$tmp/json" || fail "show $what"
	[ -s "$tmp/text" ] && jq -e 'length > 0' "$tmp/json" >/dev/null || fail "show $what says nothing"
done
[ "$(ctl lns show sessions --user bob --json)" = '[]' ] || fail 'sessions of nobody'
ctl lac show tunnel "$tunnel"

# The session ends, with its pppd, and comes again
pid=$(member lns PppPid show session l2tp0)
ctl lns close alice --result 3 --message 'time to go'
gone() { ! kill -0 "$1" 2>/dev/null; }
wait_for 20 gone "$pid" || fail "pppd $pid is still there"
wait_for 20 heard ".Change == \"closing\" and .Session == $session and .Row.ReasonText == \"time to go\"" || fail closing
wait_for 20 heard ".Change == \"gone\" and .Session == $session" || fail gone
expect 20 lac 'time to go'
ctl lac call "$tunnel" --wait || fail call
wait_for 60 heard ".Change == \"ppp-up\" and .Session != $session" || fail 'no PPP for the second call'

ctl lns reload | grep -q 'nothing has changed' || fail reload
nsenter --net=/run/netns/lns -- "$build/daemon/ctl/l2tpctl" --socket "$tmp/lns/bus" drain --wait >"$tmp/drain" &
draining=$!
wait_for 20 grep -q '^1 tunnels, 1 sessions left' "$tmp/drain" || fail drain
ctl lac close --profile uplink && fail 'close has not asked'
ctl lac close --profile uplink --yes
wait_for 20 holds lns 0 0 || fail 'the tunnel is not gone'
wait "$draining" || fail 'drain has not seen the end'
ctl lac open uplink --wait && fail 'a tunnel with an LNS that drains'
ctl lns drain --off
ctl lac open uplink --wait
wait_for 60 member lns RemoteAddress show session alice || fail 'it does not come again'

# Nobody else may
chmod 755 "$tmp" "$tmp/lns"
in_ns lns /usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups "$build/daemon/ctl/l2tpctl" --socket "$tmp/lns/bus" \
	show && fail 'anybody may look'

stop lac
stop lns
wait "$watching" && fail 'watch does not notice the end'
grep -q Sanitizer "$tmp/watch" && fail watch
ctl lns show || [ $? = 3 ] || fail 'exit status without a daemon'
