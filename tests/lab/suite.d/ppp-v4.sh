# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# R2661-8.1-09
# PPP over L2TP over IPv4: IPv4 and IPv6 in it, the MTU that the headers leave, and an end that leaves nothing.
lab
lns_config
lac_config
start lns
expect 30 lns 'is ready'
open_fds lns
before=$open_fds

start lac
ppp_works 1462
holds lac 1 1
holds lns 1 1

stop lac
wait_for 10 holds lns 0 0
# The socket of the tunnel serves the linger, for half a minute; all else is closed.
wait_for 10 fds_are lns $((before + 1)) || fail "the LNS had $before file descriptors open and has $open_fds"
stop lns
