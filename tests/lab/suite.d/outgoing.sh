# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# R2661-5.2.2-01
# An outgoing call: the operator of the LNS asks for it, the LAC's hook places it, PPP runs over it, and its end hangs up.
lab
cat >"$tmp/hook" <<END
#!/bin/sh
echo "\$1 \$L2TP_CALLED_NUMBER" >>$tmp/hook.calls
[ "\$L2TP_CALLED_NUMBER" != 5559999 ]
END
chmod 755 "$tmp/hook"
lns_config
lac_config "calls = 0 dial-hook = \"$tmp/hook\""
ctl() { in_ns lns "$build/daemon/ctl/l2tpctl" --socket "$tmp/lns/bus" "$@"; }
hook_has() { tail -n 1 "$tmp/hook.calls" | grep -q "^$1"; }

start lns
start lac
expect 30 lns 'tunnel established'
session=$(ctl call isp --outgoing --called 5551234 --wait) || fail 'call'
[ "$(cat "$tmp/hook.calls")" = 'dial 5551234' ] || fail "the hook: $(cat "$tmp/hook.calls")"
ppp_works 1462
ctl show session "$session" | grep -q 'as lns, outgoing call' || fail 'show session'
ctl close "$session" || fail 'close'
wait_for 20 hook_has 'hangup ' || fail 'the call was not hung up'

# one that cannot be placed
if ctl call isp --outgoing --called 5559999 --wait 2>"$tmp/refusal"; then fail 'a call that was not placed'; fi
cat "$tmp/refusal"
wait_for 20 holds lns 1 0 || fail 'a session is left'
stop lac
stop lns
