# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# l2tpctl doctor: content with a machine that works; finds a port that is taken, a module that is missing, a plugin of
# another pppd, and says what to do.
lab
lns_config
# doctor [NAMESPACE] [WORD]...: its findings in $tmp/findings; its exit status
doctor() {
	_ns=$1
	shift
	in_ns "$_ns" "$build/daemon/ctl/l2tpctl" doctor --config "$tmp/lns.conf" "$@" >"$tmp/findings" 2>&1
}
finds() { grep -q -e "$1" "$tmp/findings" || fail "not found: $1: $(cat "$tmp/findings")"; }

doctor lns || fail "it should be content: $(cat "$tmp/findings")"
finds "^ok .*lns.conf: 1 profiles, no errors"
finds '^ok .*CAP_NET_ADMIN and the kernel.s L2TP and PPP'
finds '^ok .*UDP port 1701 is free'
finds "^ok .*pppd accepts the plugin $build/plugins/pppd-l2tp.so"
finds '^ok .*pppd accepts the options of profile "isp"'
! grep '^\(fail\|warn\)' "$tmp/findings" || fail 'nothing is wrong'
doctor lns modules
finds '^ok .*l2tp_ppp is loaded'

start lns
expect 20 lns 'is ready'
doctor lns ports || fail 'it is our own port'
finds "UDP port 1701 is used by l2tpd (pid $pid_lns)"
doctor lac ports
finds 'UDP port 1701 is free' # in another namespace it is

# options that pppd refuses: told before, and after a reload
pppd='"noauth", "ms-dns 192.0.2.53"' lns_config
! doctor lns pppd || fail 'a word that is two'
finds "^fail .*pppd rejects the options of profile \"isp\": unrecognized option 'ms-dns 192.0.2.53'"
kill -HUP "$pid_lns"
expect 30 lns "profile=isp: pppd refuses the options of this profile; its sessions will fail: unrecognized option 'ms-dns"
pppd='noauth, plugin, radus.so' lns_config
! doctor lns pppd || fail 'a plugin that is not there'
finds '^fail .*profile "isp": .*radus.so'
"$build/daemon/ctl/l2tpctl" --socket "$tmp/lns/bus" reload >"$tmp/findings" 2>&1 || fail "reload: $(cat "$tmp/findings")"
finds '^warning: pppd refuses the options of profile "isp"; its sessions will fail: .*radus.so'
expect 30 lns "refuses the options of this profile; its sessions will fail: .*radus.so"
lns_config
stop lns

# a port that is taken
nsenter --net=/run/netns/lns -- /usr/bin/python3 -c 'import signal, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 1701))
signal.pause()' &
other=$!
taken() { ! doctor lns ports; }
wait_for 20 taken || fail "a port that is taken is free"
finds '^fail .*UDP port 1701 is used by python3 (pid'
finds '-> stop it, or listen on another port'
kill "$other"
wait "$other" || :

# a plugin that is none, a configuration with a mistake, a server that is nowhere
sed -i 's,^pppd-plugin.*,pppd-plugin = "/nonexistent/x.so",' "$tmp/lns.conf"
! doctor lns pppd || fail 'a plugin that is not there'
finds '^fail .*pppd rejects the plugin /nonexistent/x.so'
echo 'nonsense = 1' >>"$tmp/lns.conf"
! doctor lns config || fail 'a mistake'
finds '^fail .*nonsense'
config lns <<'END'
	listen = {}
	lac "x" { server = 192.0.2.1 }
	lac "y" { server = 198.51.100.1 }
END
doctor lns names
finds '^ok .*192.0.2.1 (192.0.2.1): MTU 1500 leaves 1460 for PPP'
finds '^warn .*no route to 198.51.100.1'

# without rights
nsenter --net=/run/netns/lns -- /usr/bin/setpriv --bounding-set -net_admin "$build/daemon/ctl/l2tpctl" doctor kernel --json=lines >"$tmp/findings" 2>&1 &&
	fail 'there are no rights'
finds '"Severity":"fail","Text":"no permission to configure the network'
