# shellcheck shell=dash disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
#
# Daemons in namespaces, for scripts inside the lab: . tests/lab/daemons.sh after lib.sh; $build is the build folder.
# Each daemon has a name, which is also the name of its namespace, and all its files are $tmp/NAME*.

tmp=${tmp:-$(mktemp -d)}
started= # daemons, the last one first

# Short timers: 3 s after the first message that it does not answer, a peer is given up.
quick='retransmit-initial = 200ms retransmit-max = 3'
again='redial-min = 100ms redial-max = 1s'

# What every configuration of the lab begins with: config NAME <<REST. pppd whose peer says good-bye first takes 1 s to
# end; $stop_timeout must leave it that time, or it is killed and leaves its /run/IFACE.pid
config() {
	{
		echo "runtime-directory = \"$tmp/$1\""
		echo "pppd-plugin = \"$(readlink -f "$build")/plugins/pppd-l2tp.so\""
		echo "stop-timeout = ${stop_timeout:-5s}"
		cat
	} >"$tmp/$1.conf"
	chmod 600 "$tmp/$1.conf"
	mkdir -p "$tmp/$1"
}

# The usual pair. $1: words for the profile, $2: for its ppp section; $pppd: options of pppd
lns_config() {
	config lns <<-END
		pool "customers" { range = "10.64.0.2-10.64.3.254" }
		lns "isp" {
		    host-name = "lns.example"
		    secret = "sesame"
		    challenge = yes
		    ${1-}
		    ppp {
		        local-address = "10.64.0.1"
		        pool = "customers"
		        interface = "l2tp%d"
		        options = { ${pppd:-noauth} }
		        ${2-}
		    }
		}
	END
}
lac_config() {
	config lac <<-END
		listen = {}
		lac "uplink" {
		    server = "${server:-192.0.2.2}"
		    host-name = "lac.example"
		    secret = "sesame"
		    challenge = yes
		    dial = yes
		    ${1-}
		    ppp {
		        interface = "l2tp%d"
		        options = { ${pppd:-noauth} }
		        ${2-}
		    }
		}
	END
}

# start NAME [ARG...]: the daemon NAME in the namespace NAME; its log is $tmp/NAME.log
start() {
	_name=$1
	shift
	_ready=$(grep -c 'is ready' "$tmp/$_name.log" 2>/dev/null) || :
	nsenter --net="/run/netns/$_name" -- "$build/daemon/l2tpd" --config "$tmp/$_name.conf" "$@" >>"$tmp/$_name.log" 2>&1 &
	eval "pid_$_name=$!"
	started="$_name $started"
	wait_for 30 ready_or_gone "$_name" $! $((${_ready:-0} + 1)) || :
}
ready_or_gone() { said "$1" 'is ready' "$3" || ! kill -0 "$2"; }

# stop NAME [SIGNAL]: and wait for it; its exit status
stop() {
	eval "_pid=\$pid_$1"
	started=$(printf '%s' " $started " | sed "s/ $1 / /g")
	kill "-${2:-TERM}" "$_pid"
	wait "$_pid"
}

# said NAME PATTERN [TIMES]: has the daemon logged that, and so often?
said() { [ "$(grep -cE -e "$2" "$tmp/$1.log")" -ge "${3:-1}" ]; }

# expect SECONDS NAME PATTERN [TIMES]: it will have
expect() {
	_expect=$1
	shift
	wait_for "$_expect" said "$@" || fail "$1 has not said ${3:+$3 times }'$2'"
}

# open_fds NAME: how many file descriptors it has open, in $open_fds
open_fds() {
	eval "_pid=\$pid_$1"
	set -- "/proc/$_pid/fd/"*
	open_fds=$#
}
fds_are() {
	open_fds "$1"
	[ "$open_fds" -eq "$2" ]
}

# rss NAME: resident memory in kB
rss() {
	eval "_pid=\$pid_$1"
	awk '/^VmRSS/ { print $2 }' "/proc/$_pid/status"
}

# holds NAMESPACE TUNNELS SESSIONS: that is what the kernel has there
holds() {
	[ "$(in_ns "$1" ip l2tp show tunnel | grep -c '^Tunnel')" = "$2" ] &&
		[ "$(in_ns "$1" ip l2tp show session | grep -c '^Session')" = "$3" ]
}

# pings_begin: ten a second from the LAC, until pings_end, which says whether each of them has come back
pings_begin() {
	nsenter --net=/run/netns/lac -- /bin/ping -i 0.1 10.64.0.1 >"$tmp/pings" &
	_pings=$!
}
pings_end() {
	_before=$(grep -c icmp_seq "$tmp/pings") || :
	_more() { [ "$(grep -c icmp_seq "$tmp/pings")" -gt $((_before + 1)) ]; }
	wait_for 10 _more || :
	kill -KILL "$_pings"
	wait "$_pings" || :
	tail -n 1 "$tmp/pings"
	_more && awk -F '[= ]' '/icmp_seq/ { if ($6 != ++n) exit 1 }' "$tmp/pings"
}

# interface NAME N: that of the daemon's Nth session that came up
interface() { sed -n 's/.*interface=\([^ ]*\): PPP up.*/\1/p' "$tmp/$1.log" | sed -n "$2p"; }

pinging() { in_ns lac ping -c 1 -W 1 "${1:-10.64.0.1}"; }

# ppp_works MTU: the usual pair has one session, with both network protocols and packets up to the MTU
ppp_works() {
	expect 60 lns 'PPP.* up,.*10.64.0.1 -> 10.64.0.2'
	expect 60 lac 'PPP.* up,.*10.64.0.2 -> 10.64.0.1'
	for _ns in lac lns; do
		in_ns "$_ns" ip link show dev l2tp0 | grep -q "mtu $1 " || fail "$_ns: the MTU is not $1"
	done
	# 28 octets of headers
	in_ns lac /bin/ping -q -c 3 -i 0.1 -W 10 -M "do" -s $(($1 - 28)) 10.64.0.1 || fail "ping as large as the MTU, $1"
	_peer=$(in_ns lns ip -6 -o addr show dev l2tp0 scope link | sed 's/.*inet6 \(fe80[^ /]*\).*/\1/')
	wait_for 20 in_ns lac ping -c 1 -W 1 -I l2tp0 "$_peer" || fail "IPv6 in PPP: no ping to $_peer"
}
