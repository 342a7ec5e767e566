# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# Servers that cannot be reached, each in its way: said in words, dialled again and again, slower and slower, and
# nothing adds up.
lab
# Nobody answers to ARP; nothing listens there; no route; a router swallows it
in_ns lac ip route add 198.51.100.1 via 192.0.2.2
in_ns lns ip route add blackhole 198.51.100.1
{
	echo 'listen = {}'
	while read -r name server; do
		echo "lac \"$name\" { server = $server retransmit-initial = 100ms retransmit-max = 1 $again }"
	done <<-END
		nobody 192.0.2.9
		closed 192.0.2.2
		noroute 203.0.113.1
		swallowed 198.51.100.1
		noname lns.invalid
	END
} | config lac
start lac
for name in nobody closed swallowed; do
	expect 30 lac "profile=$name: tunnel closed, timeout: .*no answer" 4
	expect 30 lac "profile=$name: the .* has .*; redialling" 4
done
expect 30 lac 'profile=noroute: Network is unreachable; redialling' 4
expect 30 lac 'profile=noname: cannot resolve "lns.invalid"'
open_fds lac
fds=$open_fds
expect 30 lac 'profile=nobody: the .* has .*; redialling' 8
open_fds lac
# 3 may be dialling and one be resolved at the moment, while 12 or more attempts have passed
[ "$open_fds" -le $((fds + 5)) ] || fail "file descriptors: first $fds, then $open_fds"
holds lac 0 0
