# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# kill -9 of pppd, at the LAC, then at the LNS: the call closes with that cause, is placed again and works, in the same
# tunnel and with no file descriptor lost. R2661-4.4.2-04, R2661-4.4.2-E06
lab
lns_config '' 'ipv6 = no'
lac_config "$again" 'ipv6 = no'
start lns
start lac
expect 60 lns 'PPP up'
expect 20 lac 'PPP up'
open_fds lac
lac_fds=$open_fds
open_fds lns
lns_fds=$open_fds
calls=1
for end in lac lns; do
	read -r pid _ <"$(echo "$tmp/$end/ppp/"*)"
	kill -KILL "$pid"
	expect 20 $end 'pppd ended: pppd was killed by a signal \(9\)'
	peer=lac
	[ $end = lns ] || peer=lns
	expect 20 $peer 'session closed by the peer: general error \(result 2, error 6\): pppd was killed'
	calls=$((calls + 1))
	expect 60 lns 'PPP up' $calls
	expect 20 lac 'PPP up' $calls
	wait_for 10 pinging
	wait_for 10 fds_are lac "$lac_fds" || fail "the LAC had $lac_fds file descriptors open and has $open_fds"
	wait_for 10 fds_are lns "$lns_fds" || fail "the LNS had $lns_fds file descriptors open and has $open_fds"
	holds lac 1 1
	holds lns 1 1
done
said lac 'tunnel established' 1
! said lac 'tunnel established' 2
