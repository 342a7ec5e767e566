# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# l2tpctl open --wait: it is done when PPP is up, and where PPP fails it says why and leaves nothing behind.
lab
for file in pap chap; do
	echo 'alice isp secret *' >"/etc/ppp/$file-secrets"
done
pppd='auth, name, isp, require-chap' lns_config
pppd='noauth, user, alice, remotename, isp' lac_config
sed -i 's/dial = yes/dial = no/' "$tmp/lac.conf"
sed -n '/^lac "uplink"/,/^}/p' "$tmp/lac.conf" | sed 's/uplink/stranger/; s/user, alice/user, alice, password, wrong/' >"$tmp/more"
cat "$tmp/more" >>"$tmp/lac.conf"
sed 's/stranger/stubborn/; s/password, wrong/no-such-option/' "$tmp/more" >>"$tmp/lac.conf"
rm "$tmp/more"

# ctl ARGUMENT...: at the LAC
ctl() { in_ns lac "$build/daemon/ctl/l2tpctl" --socket "$tmp/lac/bus" "$@"; }
established() { ctl show tunnels --state established --json=lines | wc -l; }

start lns
start lac
expect 30 lns 'is ready'
expect 30 lac 'is ready'

ctl open uplink --wait || fail open
[ "$(ctl --json show session l2tp0 | jq -r .PppState)" = up ] || fail 'it has not waited for PPP'
ctl open uplink && fail 'a second tunnel'
[ "$(established)" = 1 ] || fail 'not one tunnel'
ctl hangup uplink
[ "$(established)" = 0 ] || fail 'not hung up'

ctl open stranger --wait >"$tmp/said" 2>&1 && fail 'a wrong password'
cat "$tmp/said"
grep -qi 'authenticat' "$tmp/said" || fail 'it does not say why'
[ "$(established)" = 0 ] || fail 'the tunnel of what has failed is still there'

# What pppd itself says, which only the log had: also to those who watch
ctl watch --json >"$tmp/events" &
wait_for 20 grep -q Watching "$tmp/events" || fail 'no watch'
ctl open stubborn --wait >"$tmp/said" 2>&1 && fail 'an option that there is not'
cat "$tmp/said"
grep -q "local failure: .*unrecognized option 'no-such-option'" "$tmp/said" || fail 'not in the words of pppd'
wait_for 20 grep -q "ReasonDetail.*no-such-option" "$tmp/events" || fail 'the event does not have them'
ctl open uplink --wait || fail 'not again'
