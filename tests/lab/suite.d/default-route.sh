# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# A default route through the tunnel, and a router between LAC and LNS: the tunnel's own packets keep to the way that
# they had, by a host route that goes when the tunnel does.
ns_pair lac gw 192.0.2.1/24 192.0.2.254/24
ns_pair gw lns 198.51.100.254/24 198.51.100.2/24
in_ns gw sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
in_ns lac ip route add default via 192.0.2.254
in_ns lns ip route add default via 198.51.100.254
in_ns lns ip addr add 203.0.113.1/32 dev lo
begin
server=198.51.100.2
lns_config "$quick hello-interval = 1s" 'ipv6 = no'
pppd='noauth, defaultroute, replacedefaultroute' lac_config "$quick hello-interval = 1s" 'ipv6 = no'
start lns
start lac
expect 60 lac 'PPP up'
wait_for 20 pinging 203.0.113.1 || fail 'no ping through the default route'
in_ns lac ip route get 203.0.113.1 | grep -q 'dev l2tp0' || fail 'the default route is not in the tunnel'
in_ns lac ip route get 198.51.100.2 | grep -q 'via 192.0.2.254' || fail 'the tunnel is in the tunnel'
in_ns lac ip route show proto 176 | grep -q '198.51.100.2' || fail 'no host route'
# Some HELLOs later all is well
in_ns lac /bin/ping -q -c 4 -i 1 203.0.113.1
! said lac 'tunnel closed'

# A run that was killed leaves its routes to the next one
stop lac KILL || :
start lac
expect 30 lac 'removed 1 host routes of an earlier run'
expect 30 lac 'terminated 1 pppd processes of an earlier run'
expect 60 lac 'PPP up' 2
wait_for 20 pinging 203.0.113.1 || fail 'no ping through the default route, the second time'
stop lac
[ "$(in_ns lac ip route show proto 176 | wc -l)" = 0 ] || fail 'the host route was left'
in_ns lac ip route get 203.0.113.1 | grep -q 'via 192.0.2.254' || fail 'the old default route has not come back'
