# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: MIT
#
# R2661-4.4.4-09, -10
# Two LACs behind one address, each with the Private Group ID of its configuration: the LNS leads their calls to networks of
# their own, with interfaces and addresses of their own, and tells pppd's scripts.
lab
{
	for group in red blue; do
		echo "lns \"$group\" { private-group-id = $group sessions = 1 ppp { local-address = 10.64.${#group}.1
			remote-address = 10.64.${#group}.2 interface = \"to-$group\" options = { noauth } ipv6 = no } }"
	done
} | config lns
{
	echo 'listen = {}'
	for group in blue red green; do
		echo "lac \"$group\" { server = 192.0.2.2 private-group-id = $group redial-min = 1min
			ppp { interface = \"of-$group\" options = { noauth } ipv6 = no } }"
	done
} | config lac
start lns
start lac
expect 60 lns 'PPP up' 2
expect 60 lac 'PPP up' 2
in_ns lns ip -4 addr show dev to-red | grep -q '10.64.3.1 peer 10.64.3.2' || fail 'red has not come to its network'
in_ns lns ip -4 addr show dev to-blue | grep -q '10.64.4.1 peer 10.64.4.2' || fail 'blue has not come to its network'
in_ns lac ping -q -c 1 -W 5 -I of-red 10.64.3.1
in_ns lac ping -q -c 1 -W 5 -I of-blue 10.64.4.1
told() {
	for _pid in $(pidof pppd); do
		tr '\0' ' ' <"/proc/$_pid/cmdline" | grep -q "ifname $1.*set L2TP_PRIVATE_GROUP_ID=$2" && return
	done
	return 1
}
told to-red red || fail "red's pppd does not know of its group"
told to-blue blue || fail "blue's pppd does not know of its group"
expect 10 lns 'no lns profile matches'
expect 10 lac 'profile=green.*: session closed by the peer: .*result 3'
