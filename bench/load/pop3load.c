/*
 * pop3load - closed-loop POP3 load generator (C, epoll, single thread)
 *
 *   cc -O2 -o pop3load pop3load.c
 *   cc -O2 -DWITH_TLS -o pop3load pop3load.c -lssl -lcrypto    (for -Z)
 *   pop3load -m MODE -h 127.0.0.1 -p 110 [options]
 *
 * Modes
 *   login  connect, greeting, USER, PASS, STAT, QUIT, reconnect
 *   uidl   connect, USER, PASS, STAT, LIST, UIDL, QUIT
 *   poll   the same commands as uidl, meant for many connections/short sessions
 *   retr   connect, USER, PASS, STAT, LIST, RETR 1..n (window W), QUIT (no DELE)
 *   dele   connect, USER, PASS, STAT, DELE 1..n (window W), QUIT
 *   idle   open C connections (-A: log in and STAT first), hold them -S seconds
 *
 * Options
 *   -c C      concurrent connections (1)       -n N   number of users (C)
 *   -u FMT    user name format, one %d (user%d) -f F  first index (1)
 *   -w PASS   password (secret)                -D s   duration, seconds
 *   -K k      total sessions (instead of -D)   -W w   RETR/DELE window (1)
 *   -T s      time limit of one session (60)   -L s   limit of the whole run
 *   -S s      idle: hold seconds               -A     idle: log in first
 *   -E n      give up after n failed sessions (200)
 *   -R        one read sized as a slow client: small 4 KiB reads
 *   -X        do not wait for EOF after the QUIT reply
 *   -s        strict: also count bare LF / bare CR in bodies
 *   -Z        TLS from the first octet, a full handshake each (no resumption;
 *             the certificate is not looked at)
 *   -r FILE   idle: create FILE once every connection is up (or failed)
 *   -v        print the first errors on stderr
 *
 * Users: connection i uses users i, i+C, i+2C .. < N, so no two connections
 * ever open the same maildrop at the same time.
 *
 * One JSON line on stdout.  Session latency: connect() to the last byte of the
 * QUIT reply.  "octets" are octets received on the wire (everything);
 * a RETR reply must be +OK, end in CRLF.CRLF and, un-stuffed, have the octet
 * count LIST gave.  Exit status 0: no failed session and no mismatch.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>
static SSL_CTX *tls;
#endif

enum mode { M_LOGIN, M_UIDL, M_POLL, M_RETR, M_DELE, M_IDLE };
enum phase { P_CONNECT, P_USER, P_PASS, P_STAT, P_LIST, P_UIDL, P_XFER, P_QUIT, P_EOF, P_N };
static const char *phase_name[] = { "greeting", "user", "pass", "stat", "list", "uidl", "xfer", "quit", "eof" };
enum err { E_CONNECT, E_EOF, E_IO, E_REPLY, E_PROTO, E_TIMEOUT, E_COUNT, E_N };
static const char *err_name[] = { "connect", "eof", "io", "err_reply", "protocol", "timeout", "count" };
enum body { B_NONE, B_MID, B_DOT, B_DOTCR };

struct conn {
	int fd, idx, user, phase, waiting_retry, wantout, counted;
	uint32_t gen;
	double t0, tphase, tretry, deadline;
	char line[1024];
	int linelen;
	int inbody;            /* multi-line reply being read */
	enum body bst;
	unsigned char prev, prev2;
	uint64_t boctets;
	char *out; size_t outlen, outcap, outoff;
	int nmsg; uint64_t statsize;
	uint32_t *sizes; int sizescap; int listed, uidled;
	int next, done;        /* next message to ask for, replies finished */
	double ph[P_N];
	uint64_t octets;
#ifdef WITH_TLS
	SSL *ssl;
#endif
};

static enum mode mode = M_LOGIN;
static struct sockaddr_in addr;
static int C = 1, N = 0, W = 1, first = 1, authidle, noeof, strict, verbose, smallread;
static const char *ufmt = "user%d", *pass = "secret", *readyfile;
static double D = 0, sess_limit = 60, run_limit = 0, hold = 0;
static long K = 0, maxerr = 200;
static int ep;
static struct conn *conns;
static char *rbuf; static size_t rbufsz = 256 * 1024;

static double *lat; static size_t nlat, caplat;
static double phsum[P_N];
static long started, ok_sessions, failed, errs[E_N], mismatches, barelf, dropped, active, lastn;
static long idle_up;
static uint64_t octets_total, msgs_total, xfer_octets;
static double xfer_secs;
static char first_err[256];
static int stopping;
static double tstart, tlast_ok;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static void die(const char *f, ...) { va_list a; va_start(a, f); vfprintf(stderr, f, a); va_end(a); fputc('\n', stderr); exit(2); }
static void session_start(struct conn *c);

static void note(struct conn *c, enum err e, const char *f, ...)
{
	char b[200]; va_list a; va_start(a, f); vsnprintf(b, sizeof b, f, a); va_end(a);
	for (char *p = b; *p; p++) if (*p == '"' || *p == '\\' || (unsigned char)*p < 32) *p = ' ';
	if (!first_err[0]) snprintf(first_err, sizeof first_err, "%s in %s: %.180s", err_name[e], c->phase < P_N ? phase_name[c->phase] : "?", b);
	if (verbose && failed < 20) fprintf(stderr, "conn %d user %d: %s in %s: %s\n", c->idx, c->user, err_name[e], phase_name[c->phase], b);
}

#ifdef WITH_TLS
/* the result of an SSL_* call as that of the system call it stands for */
static ssize_t tls_result(struct conn *c, int n)
{
	if (n > 0) return n;
	switch (SSL_get_error(c->ssl, n)) {
	case SSL_ERROR_WANT_READ: case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
	case SSL_ERROR_ZERO_RETURN: return 0;
	case SSL_ERROR_SYSCALL: if (!errno) errno = ECONNRESET; return -1;
	default: ERR_clear_error(); errno = EPROTO; return -1;
	}
}
#endif

static ssize_t wire_send(struct conn *c, const char *b, size_t n)
{
#ifdef WITH_TLS
	if (c->ssl) { errno = 0; return tls_result(c, SSL_write(c->ssl, b, n)); }
#endif
	return send(c->fd, b, n, MSG_NOSIGNAL);
}

static ssize_t wire_recv(struct conn *c, char *b, size_t n)
{
#ifdef WITH_TLS
	if (c->ssl) { errno = 0; return tls_result(c, SSL_read(c->ssl, b, n)); }
#endif
	return recv(c->fd, b, n, 0);
}

static int is_tls(struct conn *c)
{
#ifdef WITH_TLS
	return c->ssl != NULL;
#else
	(void)c; return 0;
#endif
}

static void tls_start(struct conn *c)
{
#ifdef WITH_TLS
	if (!tls) return;
	c->ssl = SSL_new(tls);
	if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1) die("tls");
	SSL_set_connect_state(c->ssl);
#else
	(void)c;
#endif
}

static void tls_setup(void)
{
#ifdef WITH_TLS
	signal(SIGPIPE, SIG_IGN);      /* OpenSSL writes without MSG_NOSIGNAL */
	tls = SSL_CTX_new(TLS_client_method());
	if (!tls) die("tls");
	SSL_CTX_set_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
#else
	die("compiled without TLS");
#endif
}

static void conn_close(struct conn *c)
{
#ifdef WITH_TLS
	if (c->ssl) { SSL_free(c->ssl); c->ssl = NULL; }
#endif
	if (c->fd >= 0) { close(c->fd); c->fd = -1; active--; }
}

static void fail(struct conn *c, enum err e, const char *f, ...)
{
	char b[200]; va_list a; va_start(a, f); vsnprintf(b, sizeof b, f, a); va_end(a);
	note(c, e, "%s", b);
	errs[e]++; failed++;
	conn_close(c);
	if (mode == M_IDLE) { dropped++; return; }
	if (failed >= maxerr) stopping = 1;
	c->waiting_retry = 1; c->tretry = now() + 0.02;
}

static void out(struct conn *c, const char *f, ...)
{
	char b[600]; va_list a; va_start(a, f); int n = vsnprintf(b, sizeof b, f, a); va_end(a);
	if (c->outlen + n > c->outcap) {
		c->outcap = (c->outlen + n) * 2 + 256;
		c->out = realloc(c->out, c->outcap);
		if (!c->out) die("memory");
	}
	memcpy(c->out + c->outlen, b, n); c->outlen += n;
}

/* returns 0 when the connection failed */
static int flush_out(struct conn *c)
{
	while (c->outoff < c->outlen) {
		ssize_t n = wire_send(c, c->out + c->outoff, c->outlen - c->outoff);
		if (n < 0) {
			if (errno == EINTR) continue;
			if (errno == EAGAIN) break;
			fail(c, E_IO, "send: %s", strerror(errno)); return 0;
		}
		c->outoff += n;
	}
	int want = c->outoff < c->outlen;
	if (!want) c->outoff = c->outlen = 0;
	if (want != c->wantout) {
		struct epoll_event ev = { .events = EPOLLIN | (want ? EPOLLOUT : 0), .data.ptr = c };
		epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &ev); c->wantout = want;
	}
	return 1;
}

static void set_phase(struct conn *c, int p)
{
	double t = now();
	c->ph[c->phase] += t - c->tphase;
	c->tphase = t; c->phase = p;
}

static void fill_window(struct conn *c)
{
	while (c->next <= c->nmsg && c->next - 1 - c->done < W) {
		out(c, mode == M_DELE ? "DELE %d\r\n" : "RETR %d\r\n", c->next);
		c->next++;
	}
}

static void to_quit(struct conn *c) { set_phase(c, P_QUIT); out(c, "QUIT\r\n"); }

static void to_xfer(struct conn *c)
{
	if (c->nmsg == 0) { to_quit(c); return; }
	set_phase(c, P_XFER); c->next = 1; c->done = 0; fill_window(c);
}

static void session_ok(struct conn *c)
{
	double t = now(), l = t - c->t0;
	c->ph[P_QUIT] += t - c->tphase; c->tphase = t; c->phase = P_EOF;
	if (nlat == caplat) { caplat = caplat ? caplat * 2 : 65536; lat = realloc(lat, caplat * sizeof *lat); if (!lat) die("memory"); }
	lat[nlat++] = l;
	for (int i = 0; i < P_EOF; i++) phsum[i] += c->ph[i];
	if (c->ph[P_XFER] > 0) xfer_secs += c->ph[P_XFER];
	ok_sessions++; lastn = c->nmsg; tlast_ok = t;
	msgs_total += (mode == M_RETR || mode == M_DELE) ? c->done : 0;
}

static void next_session(struct conn *c)
{
	conn_close(c);
	if (stopping) return;
	if (K && started >= K) return;
	if (D > 0 && now() - tstart >= D) return;
	session_start(c);
}

/* a complete status line (without CRLF); returns 0 if the conn was closed */
static int on_line(struct conn *c, char *l, int n)
{
	if (n < 3 || memcmp(l, "+OK", 3)) { fail(c, E_REPLY, "%.*s", n > 120 ? 120 : n, l); return 0; }
	switch (c->phase) {
	case P_CONNECT:
		if (mode == M_IDLE && !authidle) { set_phase(c, P_EOF); idle_up++; c->deadline = 1e18; return 1; }
		{ char u[128]; snprintf(u, sizeof u, ufmt, c->user); set_phase(c, P_USER); out(c, "USER %s\r\n", u); }
		return 1;
	case P_USER: set_phase(c, P_PASS); out(c, "PASS %s\r\n", pass); return 1;
	case P_PASS: set_phase(c, P_STAT); out(c, "STAT\r\n"); return 1;
	case P_STAT: {
		unsigned long long sz = 0; int m = -1;
		if (sscanf(l, "+OK %d %llu", &m, &sz) != 2 || m < 0) { fail(c, E_PROTO, "STAT: %.*s", n > 80 ? 80 : n, l); return 0; }
		c->nmsg = m; c->statsize = sz;
		if (mode == M_IDLE) { set_phase(c, P_EOF); idle_up++; c->deadline = 1e18; return 1; }
		if (mode == M_LOGIN) { to_quit(c); return 1; }
		if (mode == M_DELE) { to_xfer(c); return 1; }
		if (c->nmsg + 1 > c->sizescap) {
			c->sizescap = c->nmsg + 1;
			c->sizes = realloc(c->sizes, sizeof *c->sizes * c->sizescap);
			if (!c->sizes) die("memory");
		}
		memset(c->sizes, 0, sizeof *c->sizes * (c->nmsg + 1));
		c->listed = c->uidled = 0;
		set_phase(c, P_LIST); out(c, "LIST\r\n"); return 1;
	}
	case P_LIST: case P_UIDL:
		c->inbody = 1; c->linelen = 0; return 1;
	case P_XFER:
		if (mode == M_DELE) {
			c->done++;
			if (c->done == c->nmsg) to_quit(c); else fill_window(c);
			return 1;
		}
		c->inbody = 1; c->bst = B_MID; c->prev = '\n'; c->prev2 = '\r'; c->boctets = 0; return 1;
	case P_QUIT:
		session_ok(c);
		return 1;
	}
	fail(c, E_PROTO, "unexpected line: %.*s", n > 80 ? 80 : n, l);
	return 0;
}

/* one line of a LIST/UIDL listing */
static int on_list_line(struct conn *c, char *l, int n)
{
	if (n == 1 && l[0] == '.') {
		c->inbody = 0;
		int got = c->phase == P_LIST ? c->listed : c->uidled;
		if (got != c->nmsg) { fail(c, E_COUNT, "%s gave %d lines, STAT %d", phase_name[c->phase], got, c->nmsg); return 0; }
		if (c->phase == P_LIST) {
			if (mode == M_RETR) to_xfer(c);
			else { set_phase(c, P_UIDL); out(c, "UIDL\r\n"); }
		} else to_quit(c);
		return 1;
	}
	long i = 0; char *p = l, *e = l + n;
	while (p < e && *p >= '0' && *p <= '9') i = i * 10 + *p++ - '0';
	if (p == l || p >= e || *p != ' ' || i < 1 || i > c->nmsg) { fail(c, E_PROTO, "bad listing line: %.*s", n > 80 ? 80 : n, l); return 0; }
	p++;
	if (c->phase == P_LIST) {
		uint64_t v = 0; char *q = p;
		while (p < e && *p >= '0' && *p <= '9') v = v * 10 + *p++ - '0';
		if (p == q) { fail(c, E_PROTO, "bad listing line: %.*s", n > 80 ? 80 : n, l); return 0; }
		c->sizes[i] = (uint32_t)v; c->listed++;
	} else {
		if (p >= e || e - p > 70) { fail(c, E_PROTO, "bad UIDL: %.*s", n > 80 ? 80 : n, l); return 0; }
		c->uidled++;
	}
	return 1;
}

static int msg_done(struct conn *c)
{
	c->inbody = 0; c->bst = B_NONE;
	c->done++;
	if (c->boctets != c->sizes[c->done]) {
		mismatches++;
		if (verbose && mismatches < 10) fprintf(stderr, "user %d msg %d: LIST %u, RETR %llu octets\n", c->user, c->done, c->sizes[c->done], (unsigned long long)c->boctets);
	}
	if (c->done == c->nmsg) to_quit(c); else fill_window(c);
	return 1;
}

static void count_bare(struct conn *c, unsigned char *p, unsigned char *e)
{
	unsigned char prev = c->prev;
	for (unsigned char *q = p; q < e && (q = memchr(q, '\n', e - q)); q++)
		if ((q > p ? q[-1] : prev) != '\r') barelf++;
}

/* consume message body bytes; returns bytes used, sets *end at CRLF.CRLF */
static size_t body(struct conn *c, unsigned char *p0, size_t len, int *end)
{
	unsigned char *p = p0, *e = p0 + len;
	*end = 0;
	while (p < e) {
		if (c->bst == B_DOT) {
			if (*p == '\r') { c->bst = B_DOTCR; p++; continue; }
			c->bst = B_MID; c->prev = '.'; c->prev2 = '\n';
			continue;
		}
		if (c->bst == B_DOTCR) {
			if (*p == '\n') { *end = 1; return p + 1 - p0; }
			c->boctets++; c->bst = B_MID; c->prev = '\r'; c->prev2 = '.';
			continue;
		}
		unsigned char *q = p, *d;
		for (;;) {
			d = memchr(q, '.', e - q);
			if (!d) break;
			if ((d > p ? d[-1] : c->prev) == '\n') break;
			q = d + 1;
			if (q >= e) { d = NULL; break; }
		}
		unsigned char *stop = d ? d : e;
		if (strict) count_bare(c, p, stop);
		c->boctets += stop - p;
		if (stop > p) c->prev = stop[-1];
		p = stop;
		if (d) { c->bst = B_DOT; p++; }
	}
	return p - p0;
}

/* returns 0 when the connection is gone */
static int feed(struct conn *c, char *b, size_t n)
{
	size_t i = 0;
	while (i < n) {
		if (c->phase == P_EOF && mode != M_IDLE) { fail(c, E_PROTO, "data after QUIT reply"); return 0; }
		if (c->inbody && c->phase == P_XFER) {
			int end;
			i += body(c, (unsigned char *)b + i, n - i, &end);
			if (end) msg_done(c);
			continue;
		}
		char *nl = memchr(b + i, '\n', n - i);
		size_t seg = nl ? (size_t)(nl - (b + i)) + 1 : n - i;
		char *l; int ll;
		if (nl && c->linelen == 0) { l = b + i; ll = seg; }
		else {
			if (c->linelen + seg > sizeof c->line) { fail(c, E_PROTO, "line too long"); return 0; }
			memcpy(c->line + c->linelen, b + i, seg); c->linelen += seg;
			l = c->line; ll = c->linelen;
		}
		i += seg;
		if (!nl) break;
		c->linelen = 0;
		if (ll < 2 || l[ll - 2] != '\r') { fail(c, E_PROTO, "line without CR"); return 0; }
		ll -= 2;
		if (c->inbody) { if (!on_list_line(c, l, ll)) return 0; }
		else if (!on_line(c, l, ll)) return 0;
	}
	return 1;
}

static void on_event(struct conn *c, uint32_t ev)
{
	if (c->fd < 0) return;
	if (c->phase == P_CONNECT && (ev & (EPOLLERR | EPOLLHUP))) {
		int e = 0; socklen_t l = sizeof e; getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &l);
		if (e) { fail(c, E_CONNECT, "%s", strerror(e)); return; }
	}
	if (ev & EPOLLOUT) {
		/* the first writability of a TLS connection starts the handshake: reading does it */
		if (is_tls(c) && c->phase == P_CONNECT) { c->wantout = 1; ev |= EPOLLIN; }
		if (!flush_out(c)) return;
	}
	if (ev & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		/* what TLS has taken from the socket raises no further event: read it all */
		for (int k = 0; k < 8 || is_tls(c); k++) {
			size_t want = smallread ? 4096 : rbufsz;
			ssize_t n = wire_recv(c, rbuf, want);
			if (n < 0) {
				if (errno == EINTR) continue;
				if (errno == EAGAIN) break;
				if (c->phase == P_EOF && mode != M_IDLE) { next_session(c); return; }
				fail(c, errno == ECONNREFUSED ? E_CONNECT : E_IO, "recv: %s", strerror(errno)); return;
			}
			if (n == 0) {
				if (c->phase == P_EOF && mode != M_IDLE) { next_session(c); return; }
				if (mode == M_IDLE && stopping) { conn_close(c); return; }
				fail(c, E_EOF, "connection closed by the server"); return;
			}
			octets_total += n;
			if (c->phase == P_XFER) xfer_octets += n;
			if (!feed(c, rbuf, n)) return;
			if (c->phase == P_EOF && mode != M_IDLE && noeof) { next_session(c); return; }
			if ((size_t)n < want && !is_tls(c)) break;
		}
		if (c->outlen && !flush_out(c)) return;
	}
}

static void session_start(struct conn *c)
{
	if (K && started >= K) return;
	c->waiting_retry = 0;
	/* next user of this connection's own share */
	if (c->counted) { c->user += C; if (c->user >= first + N) c->user = first + c->idx; }
	c->counted = 1;
	started++;
	c->phase = P_CONNECT; c->inbody = 0; c->linelen = 0; c->bst = B_NONE;
	c->outlen = c->outoff = 0; c->wantout = 0; c->nmsg = 0; c->done = 0; c->next = 1;
	memset(c->ph, 0, sizeof c->ph);
	c->t0 = c->tphase = now(); c->deadline = c->t0 + sess_limit;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0) { c->fd = -1; errs[E_CONNECT]++; failed++; c->waiting_retry = 1; c->tretry = now() + 0.05; note(c, E_CONNECT, "socket: %s", strerror(errno)); return; }
	active++;
	int one = 1; setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(c->fd, (struct sockaddr *)&addr, sizeof addr) < 0 && errno != EINPROGRESS) { fail(c, E_CONNECT, "%s", strerror(errno)); return; }
	tls_start(c);
	struct epoll_event ev = { .events = EPOLLIN | (is_tls(c) ? EPOLLOUT : 0), .data.ptr = c };
	if (epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev) < 0) die("epoll_ctl: %s", strerror(errno));
}

static int cmpd(const void *a, const void *b) { double x = *(double *)a, y = *(double *)b; return x < y ? -1 : x > y; }
static double pct(double p) { if (!nlat) return 0; size_t i = (size_t)(p * (nlat - 1) + 0.5); return lat[i] * 1000; }

static void usage(void) { fprintf(stderr, "usage: pop3load -m login|uidl|poll|retr|dele|idle -h IP -p PORT [-c C] [-n USERS] [-u FMT] [-f FIRST] [-w PASS] [-D s|-K k] [-W w] [-T s] [-L s] [-S s] [-A] [-E n] [-X] [-s] [-r FILE] [-v] [-Z]\n"); exit(2); }

int main(int argc, char **argv)
{
	const char *host = "127.0.0.1", *mname = "login"; int port = 110, o;
	while ((o = getopt(argc, argv, "m:h:p:c:n:u:f:w:D:K:W:T:L:S:AE:RXsr:vZ")) != -1) switch (o) {
	case 'm': mname = optarg; break; case 'h': host = optarg; break; case 'p': port = atoi(optarg); break;
	case 'c': C = atoi(optarg); break; case 'n': N = atoi(optarg); break; case 'u': ufmt = optarg; break;
	case 'f': first = atoi(optarg); break; case 'w': pass = optarg; break; case 'D': D = atof(optarg); break;
	case 'K': K = atol(optarg); break; case 'W': W = atoi(optarg); break; case 'T': sess_limit = atof(optarg); break;
	case 'L': run_limit = atof(optarg); break; case 'S': hold = atof(optarg); break; case 'A': authidle = 1; break;
	case 'E': maxerr = atol(optarg); break; case 'R': smallread = 1; break; case 'X': noeof = 1; break;
	case 's': strict = 1; break; case 'r': readyfile = optarg; break; case 'v': verbose = 1; break; case 'Z': tls_setup(); break;
	default: usage();
	}
	if (!strcmp(mname, "login")) mode = M_LOGIN; else if (!strcmp(mname, "uidl")) mode = M_UIDL;
	else if (!strcmp(mname, "poll")) mode = M_POLL; else if (!strcmp(mname, "retr")) mode = M_RETR;
	else if (!strcmp(mname, "dele")) mode = M_DELE; else if (!strcmp(mname, "idle")) mode = M_IDLE; else usage();
	if (C < 1 || W < 1) usage();
	if (N < C) N = C;
	if (mode == M_DELE && !K) K = C;
	if (mode == M_IDLE) K = C;
	if (!K && D <= 0) K = C;
	if (run_limit <= 0) run_limit = (D > 0 ? D : 0) + hold + 120;
	{ /* a user format must have exactly one %d */
		const char *p = strchr(ufmt, '%'); if (!p || p[1] != 'd' || strchr(p + 1, '%')) die("-u needs exactly one %%d");
	}
	addr.sin_family = AF_INET; addr.sin_port = htons(port);
	if (inet_pton(AF_INET, host, &addr.sin_addr) != 1) die("bad address %s", host);
	struct rlimit rl; getrlimit(RLIMIT_NOFILE, &rl); rl.rlim_cur = rl.rlim_max; setrlimit(RLIMIT_NOFILE, &rl);
	if ((rlim_t)C + 16 > rl.rlim_cur) die("too many connections for RLIMIT_NOFILE");
	rbuf = malloc(rbufsz); conns = calloc(C, sizeof *conns); ep = epoll_create1(EPOLL_CLOEXEC);
	if (!rbuf || !conns || ep < 0) die("init");
	tstart = now();
	int opened = 0, ready = 0; double tready = 0, tend = 0;
	for (int i = 0; i < C; i++) { conns[i].fd = -1; conns[i].idx = i; conns[i].user = first + i; }
	int ramp = mode == M_IDLE ? 64 : C;       /* connections being set up at once */
	double lastscan = 0;
	for (;;) {
		double t = now();
		if (mode == M_IDLE) {
			while (opened < C && opened - (idle_up + dropped) < ramp) session_start(&conns[opened++]);
			if (!ready && opened == C && idle_up + dropped >= C) {
				ready = 1; tready = t - tstart; tend = t + hold;
				if (readyfile) { int f = open(readyfile, O_CREAT | O_WRONLY | O_TRUNC, 0644); if (f >= 0) { dprintf(f, "%ld\n", idle_up); close(f); } }
			}
			if (ready && t >= tend) break;
		} else {
			while (opened < C) { struct conn *c = &conns[opened++]; if (!K || started < K) session_start(c); }
		}
		if (t - tstart > run_limit) { stopping = 1; for (int i = 0; i < C; i++) if (conns[i].fd >= 0 && conns[i].phase != P_EOF) { errs[E_TIMEOUT]++; failed++; note(&conns[i], E_TIMEOUT, "run limit"); } break; }
		struct epoll_event evs[256];
		int n = epoll_wait(ep, evs, 256, 20);
		if (n < 0 && errno != EINTR) die("epoll_wait: %s", strerror(errno));
		for (int i = 0; i < n; i++) on_event(evs[i].data.ptr, evs[i].events);
		t = now();
		int pending = 0;
		if (t - lastscan > 0.01) {
			lastscan = t;
			for (int i = 0; i < C; i++) {
				struct conn *c = &conns[i];
				if (c->waiting_retry) {
					if (stopping || (D > 0 && t - tstart >= D) || (K && started >= K)) c->waiting_retry = 0;
					else if (t >= c->tretry) session_start(c); else pending = 1;
				} else if (c->fd >= 0 && t > c->deadline) {
					if (c->phase == P_EOF) next_session(c);
					else fail(c, E_TIMEOUT, "no progress in time (message %d of %d)", c->done + 1, c->nmsg);
				}
			}
		} else for (int i = 0; i < C && !pending; i++) pending = conns[i].waiting_retry;
		if (mode != M_IDLE && active == 0 && !pending && (stopping || (K && started >= K) || (D > 0 && t - tstart >= D))) break;
	}
	double secs = (ok_sessions ? tlast_ok : now()) - tstart;
	if (mode == M_IDLE) secs = now() - tstart;
	qsort(lat, nlat, sizeof *lat, cmpd);
	struct rusage ru; getrusage(RUSAGE_SELF, &ru);
	double sum = 0; for (size_t i = 0; i < nlat; i++) sum += lat[i];
	printf("{\"mode\":\"%s\",\"c\":%d,\"users\":%d,\"window\":%d,\"sessions\":%ld,\"failed\":%ld,\"secs\":%.4f", mname, C, N, W, ok_sessions, failed, secs);
	if (mode == M_IDLE) printf(",\"up\":%ld,\"dropped\":%ld,\"ready_s\":%.4f", idle_up, dropped, tready);
	else {
		printf(",\"sessions_per_s\":%.2f,\"mean_ms\":%.4f,\"p50_ms\":%.4f,\"p90_ms\":%.4f,\"p99_ms\":%.4f,\"max_ms\":%.4f", secs > 0 ? ok_sessions / secs : 0, nlat ? sum / nlat * 1000 : 0, pct(.5), pct(.9), pct(.99), pct(1));
		printf(",\"messages\":%llu,\"msgs_per_s\":%.1f,\"octets\":%llu,\"MB_per_s\":%.3f,\"mismatches\":%ld,\"last_nmsg\":%ld", (unsigned long long)msgs_total, secs > 0 ? msgs_total / secs : 0, (unsigned long long)octets_total, secs > 0 ? octets_total / 1e6 / secs : 0, mismatches, lastn);
		if (xfer_secs > 0) printf(",\"xfer_secs_sum\":%.4f,\"xfer_octets\":%llu", xfer_secs, (unsigned long long)xfer_octets);
		if (strict) printf(",\"bare_lf\":%ld", barelf);
		printf(",\"phase_ms\":{");
		for (int i = 0, k = 0; i < P_EOF; i++) if (phsum[i] > 0) printf("%s\"%s\":%.4f", k++ ? "," : "", phase_name[i], phsum[i] / (ok_sessions ? ok_sessions : 1) * 1000);
		printf("}");
	}
	printf(",\"errors\":{");
	for (int i = 0, k = 0; i < E_N; i++) if (errs[i]) printf("%s\"%s\":%ld", k++ ? "," : "", err_name[i], errs[i]);
	printf("}");
	if (first_err[0]) printf(",\"first_error\":\"%s\"", first_err);
	printf(",\"cpu_s\":%.3f}\n", ru.ru_utime.tv_sec + ru.ru_stime.tv_sec + (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6);
	return failed || mismatches ? 1 : 0;
}
