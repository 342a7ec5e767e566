/* SPDX-License-Identifier: MIT */
/*
 * doctor_network: is the UDP port free, which other L2TP daemons are running, do the names of the servers resolve, and
 * which MTU has the path to each?
 *
 * The owner of a port is found in /proc: the socket's inode in net/udp, and the process that has it among its files.
 * Names are looked up with a time limit, since a resolver that does not answer is a finding, too.  Called by doctor.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"
#include "base/address.h"
#include "base/server.h"
#include "kernel/link.h"

/* ---- Processes ---------------------------------------------------------------------------------------------- */

/* Other L2TP daemons, and how to stop them permanently. */
static const struct {
	const char *name, *remedy;
} others[] = {
	{ "xl2tpd",
	  "systemctl disable --now xl2tpd; its configuration: l2tpctl import xl2tpd /etc/xl2tpd/xl2tpd.conf" },
	{ "accel-pppd", "systemctl disable --now accel-ppp, or give each daemon its own listen address" },
	{ "openl2tpd", "systemctl disable --now openl2tpd" },
	{ "kl2tpd", "it is run by NetworkManager-l2tp or go-l2tp: close that connection" },
	{ "l2tpns", "systemctl disable --now l2tpns" },
	{ "rp-l2tpd", "stop it" },
};

static const char *remedy_for(const char *name)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(others[i].name, name) == 0)
			return others[i].remedy;
	return NULL;
}

static void read_comm(const struct doctor *d, const char *pid, char comm[32])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	if (!doctor_read_line(d, path, comm, 32))
		snprintf(comm, 32, "?");
}

/* The next process in /proc; NULL: there are no more. */
static const char *next_process(DIR *proc)
{
	struct dirent *e;

	while (proc && (e = readdir(proc)))
		if (isdigit((unsigned char)e->d_name[0]))
			return e->d_name;
	return NULL;
}

static DIR *open_proc(const struct doctor *d)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/proc", d->root);
	return opendir(path);
}

static bool process_has_socket(const struct doctor *d, const char *pid, const char *socket)
{
	char path[1024], target[64];
	struct dirent *e;
	bool found = false;
	DIR *fds;

	snprintf(path, sizeof(path), "%s/proc/%.20s/fd", d->root, pid);
	fds = opendir(path);
	while (fds && !found && (e = readdir(fds))) {
		ssize_t n = readlinkat(dirfd(fds), e->d_name, target, sizeof(target) - 1);

		if (n > 0) {
			target[n] = '\0';
			found = strcmp(target, socket) == 0;
		}
	}
	if (fds)
		closedir(fds);
	return found;
}

/* The process that has the socket ("xl2tpd"), and its pid; false: none that we may see. */
static bool find_owner(const struct doctor *d, unsigned long inode, char comm[32], char pid[24])
{
	DIR *proc = open_proc(d);
	char socket[64];
	const char *p;
	bool found = false;

	snprintf(socket, sizeof(socket), "socket:[%lu]", inode);
	while (!found && (p = next_process(proc))) {
		found = process_has_socket(d, p, socket);
		if (found) {
			snprintf(pid, 24, "%.20s", p);
			read_comm(d, p, comm);
		}
	}
	if (proc)
		closedir(proc);
	return found;
}

void check_daemons(struct doctor *d)
{
	DIR *proc = open_proc(d);
	const char *pid;
	char comm[32];
	unsigned n = 0;

	while ((pid = next_process(proc))) {
		read_comm(d, pid, comm);
		if (!remedy_for(comm))
			continue;
		doctor_say(d, FINDING_WARN, remedy_for(comm), "%s is running (pid %s)", comm, pid);
		n++;
	}
	if (!n)
		doctor_say(d, FINDING_OK, NULL, "no other L2TP daemon is running");
	if (proc)
		closedir(proc);
}

/* ---- Ports -------------------------------------------------------------------------------------------------- */

static void say_owner(struct doctor *d, unsigned port, unsigned long inode)
{
	char comm[32], pid[24];

	if (inode == 0)
		doctor_say(d, FINDING_FAIL, "list it with ip l2tp show tunnel, remove it with ip l2tp del tunnel",
			   "UDP port %u is used by a kernel tunnel", port);
	else if (!find_owner(d, inode, comm, pid))
		doctor_say(d, FINDING_FAIL, "run doctor as root to find the process",
			   "UDP port %u is used by an unknown process", port);
	else if (strcmp(comm, "l2tpd") == 0)
		doctor_say(d, FINDING_OK, NULL, "UDP port %u is used by l2tpd (pid %s)", port, pid);
	else
		doctor_say(d, FINDING_FAIL, remedy_for(comm) ? remedy_for(comm) : "stop it, or listen on another port",
			   "UDP port %u is used by %s (pid %s)", port, comm, pid);
}

/* "sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode"; false: not of this port, or connected */
static bool read_socket(char *line, unsigned port, unsigned long *ret_inode)
{
	enum { LOCAL = 1, REMOTE = 2, INODE = 9 };
	char *rest = NULL, *word = strtok_r(line, " ", &rest), *colon;

	for (int i = 0; word; i++, word = strtok_r(NULL, " ", &rest)) {
		colon = strchr(word, ':');
		if ((i == LOCAL || i == REMOTE) && !colon)
			return false;
		if ((i == LOCAL && strtoul(colon + 1, NULL, 16) != port) ||
		    (i == REMOTE && strtoul(colon + 1, NULL, 16) != 0))
			return false;
		if (i == INODE) {
			*ret_inode = strtoul(word, NULL, 10);
			return true;
		}
	}
	return false;
}

/* Unconnected sockets on this port; each owner is reported once. */
static unsigned check_port_file(struct doctor *d, const char *path, unsigned port, unsigned long *told)
{
	FILE *f = doctor_open(d, path);
	unsigned long inode;
	char *line = NULL;
	unsigned n = 0;
	size_t size = 0;

	while (f && getline(&line, &size, f) >= 0) {
		if (!read_socket(line, port, &inode))
			continue;
		if (!n || inode != *told)
			say_owner(d, port, inode);
		*told = inode;
		n++;
	}
	free(line);
	if (f)
		fclose(f);
	return n;
}

static void check_port(struct doctor *d, unsigned port)
{
	unsigned long told = 0;
	unsigned n = check_port_file(d, "/proc/net/udp", port, &told);

	n += check_port_file(d, "/proc/net/udp6", port, &told);
	if (!n)
		doctor_say(d, FINDING_OK, NULL, "UDP port %u is free", port);
}

void check_ports(struct doctor *d)
{
	const struct config *c = d->config;

	if (!c)
		check_port(d, L2TP_PORT);
	else if (!c->n_listens)
		doctor_say(d, FINDING_OK, NULL, "no listen address is configured");
	for (size_t i = 0; c && i < c->n_listens; i++) {
		size_t earlier = 0;

		while (earlier < i && c->listens[earlier].addr.port != c->listens[i].addr.port)
			earlier++;
		if (earlier == i)
			check_port(d, c->listens[i].addr.port);
	}
}

/* ---- Servers ------------------------------------------------------------------------------------------------ */

#define NAME_SECONDS 5

/* As getaddrinfo(), with a time limit; EAI_AGAIN: timed out. */
static int look_up(const char *name, int family, struct addrinfo **ret)
{
	struct addrinfo hints = { .ai_family = address_family((unsigned)family), .ai_socktype = SOCK_DGRAM };
	struct gaicb request = { .ar_name = name, .ar_request = &hints }, *list[] = { &request };
	const struct timespec limit = { .tv_sec = NAME_SECONDS };
	int r = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);

	if (r)
		return r;
	(void)gai_suspend((const struct gaicb *const *)list, 1, &limit);
	r = gai_error(&request);
	if (r == EAI_INPROGRESS) {
		/* unless it can be cancelled, the resolver still writes to this stack */
		while (gai_cancel(&request) == EAI_NOTCANCELED && gai_error(&request) == EAI_INPROGRESS)
			(void)gai_suspend((const struct gaicb *const *)list, 1, &limit);
		return EAI_AGAIN;
	}
	*ret = request.ar_result;
	return r;
}

/* What IP, UDP and the headers of L2TP and PPP (RFC 2661 3.1) leave for PPP. */
static void say_path(struct doctor *d, const char *server, const struct l2tp_addr *a)
{
	enum { IP4 = 20, IP6 = 40, UDP = 8, L2TP_PPP = 8 + 4, IPV6_MIN = 1280 };
	static const struct l2tp_addr any;
	int mtu = link_path_mtu(NULL, &any, a), left = mtu - (a->family == 6 ? IP6 : IP4) - UDP - L2TP_PPP;
	char host[ADDRESS_IP_MAX];

	(void)address_ip_text(a, host);
	if (mtu < 0)
		doctor_say(d, FINDING_WARN, "check the routes with ip route get and ip -6 route get",
			   "%s: no route to %s", server, host);
	else if (left < IPV6_MIN)
		doctor_say(d, FINDING_WARN,
			   "raise the MTU of the path, or set ipv6 = no in the profile's ppp section",
			   "%s (%s): MTU %d leaves %d for PPP, too little for IPv6", server, host, mtu, left);
	else
		doctor_say(d, FINDING_OK, NULL, "%s (%s): MTU %d leaves %d for PPP", server, host, mtu, left);
}

static void check_server(struct doctor *d, const struct config_profile *p, const char *server)
{
	struct addrinfo *list = NULL;
	struct l2tp_addr addr;
	struct server s;
	int r = server_read(server, p->server_port, &s) ? EAI_NONAME : look_up(s.name, p->family, &list);

	if (r == EAI_AGAIN)
		doctor_say(d, FINDING_FAIL, "check that the name servers in /etc/resolv.conf can be reached",
			   "lac \"%s\": %s: no name server answers", p->name, server);
	else if (r)
		doctor_say(d, FINDING_FAIL, "correct the option server of the profile", "lac \"%s\": %s: %s", p->name,
			   server, gai_strerror(r));
	for (const struct addrinfo *a = list; a; a = a->ai_next)
		if (address_from_socket(a->ai_addr, a->ai_addrlen, &addr))
			say_path(d, server, &addr);
	if (list)
		freeaddrinfo(list);
}

void check_names(struct doctor *d)
{
	enum { SERVERS_MAX = 20 };
	unsigned n = 0;

	for (size_t i = 0; d->config && i < d->config->n_profiles; i++) {
		const struct config_profile *p = &d->config->profiles[i];

		for (char *const *server = p->lac ? p->servers : NULL; server && *server; server++)
			if (n++ < SERVERS_MAX)
				check_server(d, p, *server);
	}
	if (!n)
		doctor_say(d, FINDING_OK, NULL, "no server names to resolve");
	else if (n > SERVERS_MAX)
		doctor_say(d, FINDING_OK, NULL, "%u more servers were not checked", n - SERVERS_MAX);
}
