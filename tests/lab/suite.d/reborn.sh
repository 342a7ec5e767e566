# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: MIT
#
# A LAC dies (SIGKILL) and is started again, at the same address and port, under the same name: the LNS finds out by itself
# that the old tunnel is dead, and closes it, and with it its PPP, within 5 s, while the new one works.
lab
lns_config '' 'ipv6 = no'
lac_config "local-port = 1701 $again" 'ipv6 = no'
sed -i 's/^listen = .*/listen = "192.0.2.1"/' "$tmp/lac.conf"
start lns
start lac
expect 60 lac 'PPP up'
expect 20 lns 'PPP up'
pid=$(sed 's/ .*//' "$tmp/lac/ppp/"*)
stop lac KILL || :
kill -KILL "$pid"
wait_for 20 holds lac 0 0
start lac
expect 30 lac 'is ready' 2
now
back=$now
expect 60 lns 'replaced by a new tunnel of the same peer'
now
closed=$((now - back))
gone() { holds lns 1 1 && said lns 'pppd ended' && said lns 'PPP up' 2; }
wait_for 60 gone || fail 'the old session stays'
now
echo "note: the old tunnel is closed ${closed}0 ms after the return; its PPP gone, and the new one up, $((now - back))0 ms"
[ "$closed" -le 500 ] || fail "the old tunnel has lived for ${closed}0 ms"
expect 20 lac 'PPP up' 2
wait_for 10 pinging
wait_for 10 holds lac 1 1
