# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# Daemons in namespaces, for scripts inside the lab: . tests/lab/daemons.sh after lib.sh; $build is the build folder.

tmp=$(mktemp -d)

# What every configuration of the lab begins with: config NAME <<REST
config() {
	{
		echo "runtime-directory = \"$tmp/$1\""
		echo "pppd-plugin = \"$PWD/$build/plugins/pppd-l2tp.so\""
		cat
	} >"$tmp/$1.conf"
	mkdir -p "$tmp/$1"
}

# The usual pair; arguments are further words for the profile.
lns_config() {
	config lns <<-END
		pool "customers" { range = "10.64.0.2-10.64.3.254" }
		lns "isp" {
		    host-name = "lns.example"
		    secret = "sesame"
		    challenge = yes
		    $1
		    ppp {
		        local-address = "10.64.0.1"
		        pool = "customers"
		        interface = "l2tp%d"
		        options = { "noauth" }
		        $2
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
		    $1
		    ppp {
		        interface = "l2tp%d"
		        options = { "noauth" }
		        $2
		    }
		}
	END
}

# start NAME [ARG...]: the daemon NAME in the namespace NAME; its log is $tmp/NAME.log
start() {
	_name=$1
	shift
	nsenter --net="/run/netns/$_name" -- "$build/daemon/l2tpd" --config "$tmp/$_name.conf" "$@" >>"$tmp/$_name.log" 2>&1 &
	eval "pid_$_name=$!"
}

# stop NAME [SIGNAL]: and wait for it; its exit status
stop() {
	eval "_pid=\$pid_$1"
	kill "-${2:-TERM}" "$_pid"
	wait "$_pid"
}

pinging() { in_ns lac ping -c 1 -W 1 10.64.0.1; }
