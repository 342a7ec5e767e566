# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# What keeps the daemon from starting is said in one sentence, with a way out, and its exit status is 1.
lab
config lns <<END
	lns "isp" { }
END
# refuses STATUS SENTENCE [COMMAND...]: the daemon, started by COMMAND
refuses() {
	_status=$1 _sentence=$2
	shift 2
	_got=0
	in_ns lns "$@" "$build/daemon/l2tpd" --config "$tmp/lns.conf" >"$tmp/refused.log" 2>&1 || _got=$?
	cat "$tmp/refused.log"
	[ $_got = "$_status" ] || fail "exit status $_got, not $_status"
	grep -qE -e "$_sentence" "$tmp/refused.log" || fail "it does not say: $_sentence"
}
chmod 755 "$tmp" "$tmp/lns"
chmod 644 "$tmp/lns.conf"
refuses 1 'no permission to configure the network \(.*\): run as root' \
	/usr/bin/setpriv --reuid=65534 --regid=65534 --clear-groups
start lns
expect 20 lns 'is ready'
refuses 1 "another l2tpd uses $tmp/lns; give each a runtime-directory of its own" env
mkdir "$tmp/second"
sed -i "s|^runtime-directory.*|runtime-directory = $tmp/second|" "$tmp/lns.conf"
refuses 1 'port 1701: Address already in use \(another L2TP daemon' env
stop lns
