# shellcheck shell=dash disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
#
# The LNS's daemon alone is killed, and is back after 3 s, as a service manager would have it. The new daemon ends the pppd
# that the old one has left behind, which says good-bye. PPP is up within 5 s of the return, with pppd's options as they are
# by default: no echo has to be missed first. (On 6.1; on 6.12 the session ends with the daemon, so that the good-bye is lost
# and the LAC notices only by missing echoes.)
case $LAB_KERNEL in 6.1 | 6.1.*) ;; *) pppd='noauth, lcp-echo-interval, 1, lcp-echo-failure, 2' ;; esac
lab
lns_config '' 'ipv6 = no'
lac_config 'redial-min = 1s' 'ipv6 = no'
start lns
start lac
expect 60 lac 'PPP up'
expect 20 lns 'PPP up'
stop lns KILL || :
sleep 3
start lns
expect 30 lns 'is ready' 2
now
back=$now
expect 60 lac 'PPP up' 2
now
echo "note: PPP is up $((now - back))0 ms after the return"
[ $((now - back)) -le 500 ] || fail "PPP has taken $((now - back))0 ms to come back"
wait_for 10 pinging
wait_for 10 holds lac 1 1
wait_for 10 holds lns 1 1
