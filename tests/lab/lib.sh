# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# Helpers for scripts that run inside the lab: . "$(dirname "$0")/../lab/lib.sh"
#
# Such a script begins with `#!/bin/busybox sh`: under software emulation an applet starts in 3 ms, a program from disk
# in 10 ms and more (measured in ./run). busybox prefers its applets to programs of the same name, also behind env, nsenter
# and timeout: a program that must be the real one is called by its path. `ip` and `tc` are taken care of here.

ip() { /bin/ip "$@"; }
tc() { /sbin/tc "$@"; }

say() { printf '%s\n' "     $*"; }
ok() { printf '%s\n' "ok   $*"; }
fail() {
	printf '%s\n' "FAIL $*" >&2
	exit 1
}

# in_ns NAME COMMAND...: run it in a network namespace
in_ns() {
	_in=$1 _tool=$2
	shift 2
	case $_tool in
	ip | tc) "$_tool" -n "$_in" "$@" ;;
	*) nsenter --net="/run/netns/$_in" -- "$_tool" "$@" ;;
	esac
}

# now: time since boot in 1/100 s, in $now, without starting a process
now() {
	read -r now _ </proc/uptime
	now=${now%.*}${now#*.}
}

# wait_for SECONDS COMMAND...: until COMMAND succeeds; its output is dropped
wait_for() {
	now
	_limit=$((now + $1 * 100))
	shift
	until "$@" >/dev/null 2>&1; do
		now
		[ "$now" -lt "$_limit" ] || return 1
		usleep 50000
	done
}

# ns_pair A B ADDR_A ADDR_B...: two namespaces and a wire; each end is called as the other's namespace. Addresses,
# v4 or v6, come in pairs, with prefix length. A namespace that exists is used.
ns_pair() {
	_a=$1 _b=$2
	shift 2
	for _ns in "$_a" "$_b"; do
		[ -e "/run/netns/$_ns" ] || ip netns add "$_ns"
		# no duplicate address detection: addresses are usable at once
		in_ns "$_ns" sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad; ifconfig lo up'
	done
	ip link add name "$_b" netns "$_a" type veth peer name "$_a" netns "$_b"
	_batch_a="link set dev $_b up" _batch_b="link set dev $_a up"
	while [ $# -ge 2 ]; do
		_batch_a="$_batch_a
addr add $1 dev $_b" _batch_b="$_batch_b
addr add $2 dev $_a"
		shift 2
	done
	echo "$_batch_a" | ip -n "$_a" -batch -
	echo "$_batch_b" | ip -n "$_b" -batch -
}

# snapshot FILE: what a run may leave behind: L2TP, interfaces (of every namespace), processes, files under /run
snapshot() {
	for _ns in '' $(cd /run/netns 2>/dev/null && echo *); do
		echo "== namespace ${_ns:-here}"
		ip ${_ns:+-n "$_ns"} l2tp show tunnel
		ip ${_ns:+-n "$_ns"} l2tp show session
		ip ${_ns:+-n "$_ns"} -br link | cut -d ' ' -f 1
	done >"$1"
	ps -o ppid,args >"$1.ps"
	{
		echo '== processes'
		awk '$1 != 2 { $1 = ""; print }' "$1.ps" | sort # 2 is the kernel's
		echo '== /run'
		find /run -path /run/lab -prune -o ! -name pppd2.tdb -print | sort # that file is pppd's own and stays
	} >>"$1"
	rm "$1.ps"
}

# snapshot_same FILE: nothing has been left since; the kernel finishes some deletions later, so it has 5 s
snapshot_same() {
	# shellcheck disable=SC2317 # called by wait_for
	_same() { snapshot "$1.now" && cmp -s "$1" "$1.now"; }
	wait_for 5 _same "$1" || diff "$1" "$1.now"
}

# capture IFACE FILE [NAMESPACE]: record packets from now on, until capture_stop. One at a time. In its immediate mode
# tcpdump has 2 MB for the packets that wait, each as large as the limit of -s.
capture() {
	_net=${3:+/run/netns/$3} _log=$2.log
	nsenter --net="${_net:-/proc/self/ns/net}" -- tcpdump --immediate-mode -s 2048 -U -Z root -i "$1" -w "$2" 2>"$_log" &
	capture_pid=$!
	wait_for 10 grep -q 'listening on' "$_log" || fail "tcpdump: $(cat "$_log")"
}
capture_stop() {
	kill -INT "$capture_pid"
	wait "$capture_pid"
	grep -q '^0 packets dropped' "$_log" || say "not all was recorded: $(grep dropped "$_log")"
	rm "$_log"
}
