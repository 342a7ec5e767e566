/* SPDX-License-Identifier: MIT */
/*
 * top: shows the sessions with the most traffic and refreshes them: on the terminal, or as text or JSON for a pipe.
 *
 * The screen is drawn by ncurses.  While it is active, standard error is buffered, so that errors can be read after the
 * screen has been restored, which also happens at exit().
 */
#include "rates.h"
#include "rows.h"
#include "table.h"
#include "text.h"

#include <assert.h>
#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERVAL_DEFAULT 2 /* s */
#define HEAD_LINES       3 /* of a screen, above the rows of the table */
#define BATCH_ROWS       20
#define ERROR_BUFFER     4096

struct view {
	struct ctl *c;
	struct rates *rates;
	enum rates_order order;
	uint32_t interval, rows; /* rows: limit; 0: those of the screen */
};

/* ---- One sample --------------------------------------------------------------------------------------------- */

static void add_row(struct table *t, const struct rate *r)
{
	char session[TEXT_MAX], rx[TEXT_MAX], tx[TEXT_MAX];

	snprintf(session, sizeof(session), "%u/%u", (unsigned)r->tunnel, (unsigned)r->session);
	table_add(t, (const char *[]){ session, r->interface, r->user, r->address, r->profile,
				       text_amount(r->rx, 1000, "bit/s", rx), text_amount(r->tx, 1000, "bit/s", tx) });
}

static void print_table(const struct rate *const *rates, size_t n, FILE *out, size_t width)
{
	static const struct table_column columns[] = {
		{ .title = "SESSION", .right = true }, { .title = "INTERFACE" },
		{ .title = "USER", .shrink = true },   { .title = "ADDRESS" },
		{ .title = "PROFILE", .shrink = true }, { .title = "RECEIVED", .right = true },
		{ .title = "SENT", .right = true },
	};
	struct table *t = table_new(columns, sizeof(columns) / sizeof(columns[0]), out, width, false);

	for (size_t i = 0; i < n; i++)
		add_row(t, rates[i]);
	table_end(t);
}

static void print_head(const json_t *manager, const struct rate *const *rates, size_t n, FILE *out)
{
	char *state = rows_text("State", json_object_get(manager, "State"));
	char buf[2][TEXT_MAX];
	double rx = 0, tx = 0;

	for (size_t i = 0; i < n; i++) {
		rx += rates[i]->rx;
		tx += rates[i]->tx;
	}
	/* HEAD_LINES - 1 lines */
	fprintf(out, "l2tpd is %s: %u tunnels, %u sessions, %u of them established\n", state,
		(unsigned)json_number(manager, "Tunnels"), (unsigned)json_number(manager, "Sessions"),
		(unsigned)json_number(manager, "SessionsEstablished"));
	fprintf(out, "%zu sessions here: %s received, %s sent\n", n, text_amount(rx, 1000, "bit/s", buf[0]),
		text_amount(tx, 1000, "bit/s", buf[1]));
	free(state);
}

/* As many rows as there may be, into out. */
static enum status print_text(struct view *v, size_t rows, FILE *out, size_t width)
{
	const struct rate *const *rates;
	json_t *manager = NULL;
	enum status status = rows_manager(v->c, &manager);
	size_t n;

	if (status == STATUS_OK) {
		rates = rates_sorted(v->rates, v->order, &n);
		print_head(manager, rates, n, out);
		print_table(rates, n < rows ? n : rows, out, width);
	}
	json_decref(manager);
	return status;
}

static void print_json(struct view *v, size_t rows)
{
	json_t *all = ctl_must_ptr(json_array()), *sample;
	const struct rate *const *rates;
	size_t n;

	rates = rates_sorted(v->rates, v->order, &n);
	for (size_t i = 0; i < n && i < rows; i++)
		json_array_append_new(all, json_pack("{s:I,s:I,s:s,s:s,s:s,s:s,s:f,s:f}", "Tunnel",
						     (json_int_t)rates[i]->tunnel, "Session",
						     (json_int_t)rates[i]->session, "Interface", rates[i]->interface,
						     "UserName", rates[i]->user, "RemoteAddress", rates[i]->address,
						     "Profile", rates[i]->profile, "RxBps", rates[i]->rx, "TxBps",
						     rates[i]->tx));
	sample = ctl_must_ptr(json_pack("{s:I,s:I,s:o}", "Time", (json_int_t)rows_now(), "Sessions", (json_int_t)n,
					 "Top", all));
	json_print(sample, FORMAT_LINES);
	json_decref(sample);
}

/* ---- For a pipe --------------------------------------------------------------------------------------------- */

static enum status run_batch(struct view *v, uint32_t samples)
{
	size_t rows = v->rows ? v->rows : BATCH_ROWS;
	enum status status = rates_refresh(v->rates);

	for (uint32_t i = 0; i < samples && status == STATUS_OK && !ferror(stdout); i++) {
		sleep(v->interval);
		status = rates_refresh(v->rates);
		if (status == STATUS_OK && v->c->format != FORMAT_TEXT) {
			print_json(v, rows);
		} else if (status == STATUS_OK) {
			fputs(i > 0 ? "\n" : "", stdout);
			status = print_text(v, rows, stdout, 0);
		}
		fflush(stdout);
	}
	return status;
}

/* ---- On the terminal ---------------------------------------------------------------------------------------- */

static void leave_screen(void)
{
	if (!isendwin())
		endwin();
}

static enum status enter_screen(void)
{
	if (!isatty(STDOUT_FILENO) || !newterm(NULL, stdout, stdin)) {
		fprintf(stderr, "l2tpctl: top requires a terminal; for a pipe: l2tpctl top --batch 1\n");
		return STATUS_FAILED;
	}
	setvbuf(stderr, NULL, _IOFBF, ERROR_BUFFER);
	atexit(leave_screen);
	cbreak();
	noecho();
	curs_set(0);
	return STATUS_OK;
}

static void show_lines(const char *text)
{
	for (int y = 0; y < LINES && *text; y++) {
		size_t len = strcspn(text, "\n");

		if (y == HEAD_LINES - 1)
			attron(A_REVERSE);
		mvaddnstr(y, 0, text, (int)len);
		attroff(A_REVERSE);
		text += len + (text[len] == '\n');
	}
}

static enum status draw(struct view *v)
{
	size_t size, rows = LINES > HEAD_LINES ? (size_t)(LINES - HEAD_LINES) : 0;
	char *text = NULL;
	FILE *out = ctl_must_ptr(open_memstream(&text, &size));
	enum status status = print_text(v, v->rows && v->rows < rows ? v->rows : rows, out, (size_t)COLS);

	fclose(out);
	ctl_must_ptr(text);
	erase();
	if (status == STATUS_OK)
		show_lines(text);
	refresh();
	free(text);
	return status;
}

static enum status run_screen(struct view *v)
{
	enum status status = enter_screen();
	bool running = true;

	while (status == STATUS_OK && running) {
		status = rates_refresh(v->rates);
		if (status == STATUS_OK)
			status = draw(v);
		timeout((int)v->interval * 1000);
		running = status == STATUS_OK && getch() != 'q';
	}
	return status;
}

static enum rates_order order_of(const char *word)
{
	if (word && !strcmp(word, "received"))
		return RATES_RX;
	return word && !strcmp(word, "sent") ? RATES_TX : RATES_BOTH;
}

static enum status top(struct ctl *c)
{
	uint32_t batch = ctl_option_number(c, "batch", UINT32_MAX);
	struct view v = { .c = c,
			  .rates = rates_new(c),
			  .order = order_of(ctl_option(c, "sort")),
			  .interval = ctl_option_number(c, "interval", INTERVAL_DEFAULT),
			  .rows = ctl_option_number(c, "rows", 0) };
	enum status status;

	if (v.interval == 0 || v.interval > INT32_MAX / 1000)
		status = ctl_usage(c, "top: --interval expects 1 to %d seconds", INT32_MAX / 1000);
	else if (ctl_option(c, "batch") || c->format != FORMAT_TEXT)
		status = run_batch(&v, batch);
	else
		status = run_screen(&v);
	rates_free(v.rates);
	return status;
}

static const struct verb_option top_options[] = {
	{ "interval", "SECONDS", "between two refreshes, default 2", NULL, 'u' },
	{ "sort", "both|received|sent", "order by this traffic, default both", NULL, 0 },
	{ "rows", "NUMBER", "show at most NUMBER sessions", NULL, 'u' },
	{ "batch", "NUMBER", "print NUMBER samples and exit, for a pipe", NULL, 'u' },
	{ "tunnel", "TUNNEL", "only sessions in this tunnel", "Tunnel", 'u' },
	{ "profile", "PROFILE", "only sessions of this profile", "Profile", 's' },
	{ "peer", "ADDRESS", "only sessions of the peer with this address, optionally with a port", "Peer", 's' },
	{ "user", "USER", "only sessions of this user, as authenticated by PPP", "UserName", 's' },
	{ 0 },
};

const struct verb top_verbs[] = {
	{ "top", "", "show the sessions with the most traffic; q quits", top_options, top },
	{ 0 },
};
