# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# R3437-2.1-02..06, R3437-2.2-01..05, R3437-2.3-01, -02, X3437-2.3-01, R2661-6.14-01
# What the LAC says of its link reaches the LNS's pppd; what has come of it reaches the LAC.
lab
lns_config '' 'ipv6 = no'
start lns
expect 30 lns 'is ready'

mtu_is() { in_ns "$1" ip link show dev "$2" | grep -q "mtu $3 "; }

# Whoever says nothing hears of the ACCM alone: pppd asks for none, and what nobody asks for is all ones.
lac_config "$again" 'ipv6 = no'
start lac
expect 60 lac 'PPP up'
expect 10 lac 'the LNS has negotiated ACCM [0-9a-f]{8} to send, 00000000 to receive$'
stop lac
wait_for 10 holds lns 0 0

lac_config "$again lcp-want = { \"mru=1300\", \"accm=000a0000\", pfc, \"fcs=4\" } lcp-allow = { \"mru=1200\", pfc }" 'ipv6 = no'
start lac
expect 60 lac 'PPP up' 2
expect 60 lns 'PPP up' 2
# 01 04 0514: MRU; 02 06 000a0000: ACCM; 07 02: PFC. The LNS rejects the ACCM and ACFC that our pppd asks for.
expect 10 lac 'ACCM ffffffff to send, 000a0000 to receive, LCP sent [0-9a-f]*010405140206000a0000[0-9a-f]*0702, received 0104'
! said lac 'received [0-9a-f]*020600000000' || fail 'the LNS has granted an ACCM'
expect 10 lns 'the LAC wants FCS alternatives'
mtu_is lac "$(interface lac 2)" 1300 || fail 'the LAC may send more than its link can take'
mtu_is lns "$(interface lns 2)" 1200 || fail 'the LNS may send more than the link can take'
in_ns lac /bin/ping -q -c 3 -i 0.1 -W 10 -M "do" -s $((1200 - 28)) 10.64.0.1 || fail 'no ping'
