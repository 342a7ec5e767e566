# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# kill -9 of a daemon: the other notices by HELLO and cleans its kernel; the next run of the killed one cleans up after
# it, and the session comes back without help. First the LNS, then the LAC.
lab
lns_config "$quick hello-interval = 1s" 'ipv6 = no'
lac_config "$quick hello-interval = 1s $again" 'ipv6 = no'
start lns
start lac
expect 60 lns 'PPP up'
expect 20 lac 'PPP up'
calls=1
for end in lns lac; do
	peer=lac
	[ $end = lns ] || peer=lns
	stop $end KILL || :
	expect 20 $peer 'tunnel closed, timeout: .*no answer from the peer'
	wait_for 20 holds $peer 0 0
	[ $peer = lns ] || expect 20 lac 'the .* has .*; redialling'
	set -- "$tmp/$end/ppp/"*
	[ -e "$1" ] || fail 'no record of pppd'
	start $end
	expect 30 $end 'terminated 1 pppd processes of an earlier run'
	calls=$((calls + 1))
	expect 60 lns 'PPP up' $calls
	expect 20 lac 'PPP up' $calls
	wait_for 10 pinging
	holds lac 1 1
	holds lns 1 1
done
