# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: MIT
#
# R2661-4.4.2-05
# A name with two addresses. The LNS at the first one has no room for the call and says "try another": the LAC goes to the
# second one at once, and its pppd works there.
ns_pair lac lns 192.0.2.1/24 192.0.2.2/24
ns_pair late lns 203.0.113.1/24 203.0.113.2/24
ns_pair late spare 198.51.100.1/24 198.51.100.2/24
begin
lns() { # NAME ADDRESS LIMITS
	config "$1" <<-END
		limits { $3 }
		lns "isp" {
		    host-name = "$1.example"
		    call-refusal = 2/7
		    ppp { local-address = $2 remote-address = 10.64.9.9 interface = "l2tp%d" options = { noauth } ipv6 = no }
		}
	END
}
lac() { # NAME SERVER
	config "$1" <<-END
		listen = {}
		lac "uplink" { server = $2 redial-min = 1min ppp { interface = "l2tp%d" options = { noauth } ipv6 = no } }
	END
}
lns lns 10.64.0.1 'sessions = 1'
lns spare 10.64.1.1 ''
lac lac 192.0.2.2
lac late lns.example
printf '127.0.0.1 localhost\n203.0.113.2 lns.example\n198.51.100.2 lns.example\n' >"$tmp/hosts"
mount -o bind "$tmp/hosts" /etc/hosts
trap 'umount /etc/hosts' EXIT

start lns
start spare
start lac
expect 60 lac 'PPP up'
start late
expect 10 late 'dialling lns.example .203.0.113.2:1701'
expect 60 late 'session closed by the peer: .*result 2, error 7'
expect 10 late 'dialling lns.example .198.51.100.2:1701' # not after its pause, a minute
expect 60 late 'PPP up'
in_ns late ping -q -c 1 -W 5 10.64.1.1
! said late 'redialling' || fail 'it has paused'
