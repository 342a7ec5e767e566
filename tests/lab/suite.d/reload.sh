# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# The configuration changes under a session: it loses no packet, whatever is read meanwhile. What is new counts for new
# tunnels and calls; an address that is in use is given to nobody else; a removed profile drains.
lab

# lns SECRET RANGE [WORDS]: $none leaves the profile out
lns() {
	config lns <<-END
		pool "customers" { range = "$2" }
		${none:+#} lns "isp" { host-name = lns.example secret = "$1" challenge = yes ${3-} ppp { local-address = 10.64.0.1 pool = customers interface = "l2tp%d" options = { noauth } } }
	END
}
# lac [SECRET]...: a first profile, that stays, and one more for each secret
lac() {
	{
		echo 'listen = {}'
		_n=0
		for _secret in sesame "$@"; do
			echo "lac \"lac$_n\" { server = 192.0.2.2 host-name = lac$_n secret = \"$_secret\" $again"
			echo '    ppp { interface = "l2tp%d" options = { noauth } } }'
			_n=$((_n + 1))
		done
	} | config lac
}
# reload NAME [WORD]: it has read the configuration again, or WORD
reload() {
	_says="${2:-notice: reloaded}"
	_times=$(grep -c "$_says" "$tmp/$1.log") || :
	eval "kill -HUP \"\$pid_$1\""
	expect 30 "$1" "$_says" $((_times + 1))
}

lns sesame 10.64.0.2-10.64.0.9
lac
start lns
start lac
expect 60 lac 'profile=lac0 .*PPP.* up, 10.64.0.2 -> 10.64.0.1'
wait_for 20 pinging
pings_begin
open_fds lns
fds=$open_fds

# The same again, and a bad file; pppd tries the options meanwhile
for i in 1 2 3; do
	reload lns
	reload lac
done
wait_for 20 fds_are lns "$fds" || fail "$open_fds file descriptors, not $fds"
echo 'lns "isp" { secret = other }' >>"$tmp/lns.conf"
echo 'wrong = yes' >>"$tmp/lns.conf"
reload lns 'error local: reload failed, nothing has changed'
said lns 'lns.conf:[0-9]*:1: unknown key wrong' || fail 'not told why'
said lns 'lns.conf:[0-9]*:5: the name "isp" is already used in line' || fail 'not told of both mistakes'

# Another secret, for new tunnels; another range, with the first session's address left to it
lns simsalabim 10.65.0.2-10.65.0.9
reload lns
lac sesame
reload lac
expect 30 lac 'profile=lac1.*: tunnel closed.*not authorised'
said lac 'profile=lac0.*closed' && fail 'the tunnel that was there has gone'
lac simsalabim
reload lac
expect 60 lac 'profile=lac1 .*PPP.* up, 10.65.0.2 -> 10.64.0.1'
lns simsalabim 10.64.0.2-10.64.0.9
reload lns
lac simsalabim simsalabim
reload lac
expect 60 lac 'profile=lac2 .*PPP.* up, 10.64.0.3 -> 10.64.0.1' # .2 is in use
holds lns 3 3 || fail 'not three sessions'

# A lac that is not in the file any more is hung up
lac simsalabim
reload lac
expect 30 lns 'host=lac2 .*tunnel closed by the peer'
wait_for 30 holds lns 2 2 || fail 'the kernel still has the session of lac2'

# An lns that is not drains
none=yes lns simsalabim 10.64.0.2-10.64.0.9
reload lns
lac simsalabim simsalabim
reload lac
expect 30 lac 'profile=lac2.*: tunnel closed by the peer: not authorised'
holds lns 2 2 || fail 'it does not drain, but end'

pings_end || fail 'the session that was there has lost packets'
wait_for 20 pinging 10.64.0.1 || fail 'no ping after all that'
