# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# Authentication inside PPP: each method with the right and with a wrong password, all at once. The wrong ones are told
# so at both ends and dial again, slower and slower, while the right ones work.
lab
methods='pap chap mschap-v2'
# One file serves both ends: the wrong password is the one for another server.
for file in pap chap; do
	printf '%s\n' 'alice isp right *' 'alice elsewhere wrong *' >"/etc/ppp/$file-secrets"
done
{
	echo 'pool "customers" { range = "10.64.0.2-10.64.3.254" }'
	for method in $methods; do
		echo "lns \"$method\" {
			peer-host-name = { \"$method-*\" }
			ppp {
				options = { auth, name, isp, require-$method }
				local-address = 10.64.0.1
				pool = customers
			}
		}"
	done
} | config lns
{
	echo 'listen = {}'
	for method in $methods; do
		for secret in right wrong; do
			remote=isp
			[ $secret = right ] || remote=elsewhere
			echo "lac \"$method-$secret\" {
				server = 192.0.2.2
				host-name = $method-$secret
				$again
				ppp { options = { noauth, user, alice, remotename, $remote } }
			}"
		done
	done
} | config lac
start lns
start lac
for method in $methods; do
	expect 60 lns "profile=$method .*PPP.* up, user alice, 10.64.0.1 -> 10"
	expect 60 lac "profile=$method-right .*PPP.* up, .*-> 10.64.0.1"
	expect 60 lns "profile=${method}[: ].*pppd ended: the peer failed to authenticate itself"
	expect 60 lac "profile=${method}-wrong[: ].*pppd ended: we failed to authenticate"
	expect 60 lac "profile=$method-wrong: the call has ended; redialling" 3
done
# Whose pppd ends first, and stops the other's by a CDN, is chance; what it has ended of is not.
for end in lac lns; do
	echo "note: $end: $(grep -c 'pppd ended: .*failed to authenticate' "$tmp/$end.log") failures to authenticate," \
		"$(grep -c 'session closed by the peer' "$tmp/$end.log") of them ended by the other end"
	! said "$end" 'PPP was stopped' || fail "$end: $(grep -c 'PPP was stopped' "$tmp/$end.log") failures have another name"
done
[ "$(grep -c 'PPP up' "$tmp/lac.log")" -le 6 ] || fail 'a wrong password opened a link'
pinging
