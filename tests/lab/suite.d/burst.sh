# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: MIT
#
# R2661-4.4.2-05
# Eight calls at once, and a pool of three addresses. Three come up; the others are refused before they are established, with
# the profile's call-refusal, and this machine has not failed.
lab
config lns <<-END
	pool few { range = 10.64.9.1-10.64.9.3 }
	lns "isp" {
	    host-name = "lns.example"
	    call-refusal = 2/7
	    ppp { local-address = 10.64.0.1 pool = few interface = "l2tp%d" options = { noauth } ipv6 = no }
	}
END
config lac <<-END
	listen = {}
	lac "uplink" { server = 192.0.2.2 calls = 8 redial-min = 1h redial-max = 1h
	    ppp { interface = "l2tp%d" options = { noauth } ipv6 = no } }
END
start lns
start lac
expect 60 lac 'session closed by the peer: .*result 2, error 7' 5
expect 60 lns 'PPP up' 3
expect 60 lac 'PPP up' 3
said lns 'session refused: no address left in the pool .result 2, error 7' 5 || fail 'the log does not tell of five'
[ "$(grep -c 'session established' "$tmp/lns.log")" = 3 ] || fail 'not three were established'
! said lns 'session closed' || fail 'a session was established, and died'
! said lns '^error' || fail 'an error of this machine'
holds lns 1 3
holds lac 1 3
