# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# From xl2tpd in one step: both ends have what l2tpctl import makes of an xl2tpd.conf, its secrets and pppd's options,
# and nothing else; a session comes up over it.
lab
ctl="$build/daemon/ctl/l2tpctl"
moved() { # NAME: $tmp/NAME.xl2tpd becomes the configuration of the daemon NAME
	"$ctl" import xl2tpd "$tmp/$1.xl2tpd" >"$tmp/$1.imported" || fail "import of $1"
	config "$1" <"$tmp/$1.imported"
	"$build/daemon/l2tpd" --check "$tmp/$1.conf" || fail "what was made for $1"
}
printf 'lac.example lns.example sesame\nlns.example lac.example sesame\n' >"$tmp/secrets"
chmod 600 "$tmp/secrets"
printf 'noauth\nnoccp\n' >"$tmp/options"
cat >"$tmp/lns.xl2tpd" <<END
[global]
port = 1701
auth file = $tmp/secrets
[lns default]
ip range = 10.64.0.2-10.64.0.254
local ip = 10.64.0.1
lac = 192.0.2.1
hostname = lns.example
challenge = yes
require authentication = no
pppoptfile = $tmp/options
END
cat >"$tmp/lac.xl2tpd" <<END
[global]
auth file = $tmp/secrets
[lac uplink]
lns = 192.0.2.2
hostname = lac.example
challenge = yes
autodial = yes
redial = yes
redial timeout = 1
require authentication = no
pppoptfile = $tmp/options
END
moved lns
moved lac
start lns
expect 30 lns 'is ready'
start lac
expect 60 lac 'PPP.* up,.*10.64.0.2 -> 10.64.0.1'
wait_for 20 pinging || fail 'no ping'
stop lac
stop lns
