# shellcheck shell=dash disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
#
# The LNS dies and is back 3 s later, without its tunnels, as a machine that crashes: neither its daemon nor its pppd says
# good-bye. The LAC does not wait for the end of the tunnel that is dead: PPP is up within 5 s of the return.
lab
pppd='noauth, lcp-echo-interval, 1, lcp-echo-failure, 2'
lns_config '' 'ipv6 = no'
lac_config 'redial-min = 1s' 'ipv6 = no'
start lns
start lac
expect 60 lac 'PPP up'
expect 20 lns 'PPP up'
read -r pid _ <"$(echo "$tmp/lns/ppp/"*)"
kill -KILL "$pid"
stop lns KILL || :
wait_for 20 holds lns 0 0
sleep 3
start lns
expect 30 lns 'is ready' 2
now
back=$now
expect 60 lac 'PPP up' 2
now
echo "note: PPP is up $((now - back))0 ms after the return"
[ $((now - back)) -le 500 ] || fail "PPP has taken $((now - back))0 ms to come back"
expect 20 lac 'peer silent; replaced by a new tunnel'
wait_for 10 pinging
wait_for 10 holds lac 1 1
holds lns 1 1
