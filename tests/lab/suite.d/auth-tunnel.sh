# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# The secret of the tunnel: right, wrong, and missing at either end. What is refused leaves nothing in the kernel, is
# named at both ends, and does not cost the one that was let in a packet.
lab
config lns <<END
	lns "without" {
		host-name = lns.without
		peer-host-name = { lac.demanding }
		ppp { options = { noauth } }
	}
	lns "with" {
		host-name = lns.with
		secret = sesame
		challenge = yes
		ppp {
			options = { noauth }
			local-address = 10.64.0.1
			remote-address = 10.64.0.2
		}
	}
END
{
	echo 'listen = {}'
	while read -r name words; do
		echo "lac \"$name\" { server = 192.0.2.2 host-name = lac.$name $words $again ppp { options = { noauth } } }"
	done <<-END
		right     secret = sesame challenge = yes
		wrong     secret = simsalabim
		mistaken  secret = simsalabim challenge = yes
		missing
		demanding secret = sesame challenge = yes
	END
} | config lac
start lns
start lac
expect 60 lac 'profile=right .*PPP.* up, .*-> 10.64.0.1'
pings_begin

# What each end says
expect 30 lns 'auth: .*host=lac.wrong profile=with: tunnel closed, the peer erred: not authorised'
expect 30 lac 'auth: .*profile=wrong: tunnel closed by the peer: not authorised'
expect 30 lac 'auth: .*profile=mistaken: tunnel closed, the peer erred: not authorised'
expect 30 lns 'auth: .*host=lac.mistaken profile=with: tunnel closed by the peer: not authorised'
expect 30 lac 'auth: .*profile=missing: tunnel closed, local failure: .*no secret to answer the challenge with'
expect 30 lns 'auth: .*host=lac.missing .*no secret to answer the challenge with'
expect 30 lac 'auth: .*profile=demanding: tunnel closed by the peer: .*no secret to answer the challenge with'
expect 30 lns 'auth: .*host=lac.demanding: tunnel refused: not authorised .*no secret to answer the challenge with'
for name in wrong mistaken missing demanding; do
	expect 30 lac "profile=$name: the .* has .*; redialling" 3
done

pings_end || fail 'the session that was let in suffered'
wait_for 10 holds lac 1 1 # one with a wrong secret goes as far as to open its own end
holds lns 1 1
