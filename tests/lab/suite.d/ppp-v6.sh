# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# PPP over L2TP over IPv6; otherwise as ppp-v4. The LNS is the one that stops.
lab 2001:db8::1/64 2001:db8::2/64
server=2001:db8::2
lns_config
lac_config
start lns
start lac
ppp_works 1442
holds lac 1 1
holds lns 1 1

stop lns
expect 10 lac 'tunnel closed by the peer: being shut down'
wait_for 10 holds lac 0 0
stop lac
