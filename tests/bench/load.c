/* The load generator: one room, S senders, R receivers, and at most W messages that not all receivers have yet.
 *
 *     load --port P --receivers R [options] STEP...
 *
 * A STEP is `send=TEXT` or `wait=TEXT`; together they are the handshake that each client goes through. In a text {n} is
 * the client's number, and in the message {mark} is what receivers find it by. With --framed each text that is sent
 * goes out as one frame: its length in 4 octets, big-endian, these 4 included.
 *
 * It prints JSON, an object a line, and waits for a line on its input after each: first `ready`, when all are logged in
 * and it has become quiet; then, if there are messages, `done`. Whoever started it can look at the server in between,
 * and nothing happens meanwhile but that everything is read that comes. When the input ends, so does the program.
 *
 * It knows no protocol. What comes during the handshake is searched for the texts waited for, and later for marks, so
 * that reading costs about the same with every server. A mark holds the message's number, which tells whether each
 * receiver got each message once.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PREFIX 4
#define MAX_STEPS 16
/* '@', 8 hexadecimal digits of the run, so that the history of an earlier one is passed over, and 8 of the message. */
#define MARK 17
/* Octets read at once: less would cost the generator more calls than the server needs. */
#define READ (256 * 1024)
#define NANO 1000000000ull

typedef struct {
    char *octets;
    size_t used, room;
} Buffer;

typedef struct {
    bool sends;
    const char *text;
} Step;

typedef struct {
    int fd;
    unsigned number;
    bool receives;
    bool awaits_room; /* epoll has been asked to say when more can be sent */
    int step;         /* of the handshake; all of them done means logged in */
    uint64_t begun;
    uint32_t next;    /* the message that should come next */
    uint8_t *seen;    /* a bit for each message */
    Buffer in;        /* during the handshake what came, and later what may be the beginning of a mark */
    Buffer out;       /* what the socket has not taken yet */
} Client;

static struct {
    int port;
    unsigned receivers, senders, window, messages, at_once, first;
    double settle, patience; /* seconds */
    bool framed;
    const char *message;
    Step steps[MAX_STEPS];
    int count;
} plan = {.senders = 1, .window = 1, .at_once = 20, .settle = 0.3, .patience = 60};

static struct {
    int epoll;
    uint32_t name; /* of this run, in marks */
    Client *clients;
    unsigned logged_in;
    uint64_t heard; /* when anything came last */
    bool measuring, told, input_ended;
    uint64_t *logins; /* how long each took, in ns */
} run;

static struct {
    unsigned sent, complete;
    uint64_t deliveries, repeated, disordered;
    uint64_t *sent_at;
    unsigned *arrived; /* receivers that have the message */
    uint64_t *latencies;
} tally;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static uint64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * NANO + (uint64_t)time.tv_nsec;
}

static void *allocate(size_t count, size_t size) {
    void *made = calloc(count ? count : 1, size);
    if (!made) die("there is no memory for %zu times %zu octets", count, size);
    return made;
}

static void append(Buffer *buffer, const char *octets, size_t count) {
    if (buffer->used + count > buffer->room) {
        buffer->room = 2 * (buffer->used + count);
        buffer->octets = realloc(buffer->octets, buffer->room);
        if (!buffer->octets) die("there is no memory for %zu octets", buffer->room);
    }
    if (count) memcpy(buffer->octets + buffer->used, octets, count);
    buffer->used += count;
}

static void drop(Buffer *buffer, size_t count) {
    buffer->used -= count;
    if (buffer->used) memmove(buffer->octets, buffer->octets + count, buffer->used);
}

/* The text with its places filled in, in a buffer that the next call takes again. */
static const Buffer *filled(const char *text, unsigned number, const char *mark, bool framed) {
    static Buffer made;
    made.used = 0;
    if (framed) append(&made, "\0\0\0\0", PREFIX);
    while (*text) {
        if (!strncmp(text, "{n}", 3)) {
            char digits[16];
            append(&made, digits, (size_t)snprintf(digits, sizeof digits, "%u", number));
            text += 3;
        } else if (mark && !strncmp(text, "{mark}", 6)) {
            append(&made, mark, MARK);
            text += 6;
        } else {
            append(&made, text++, 1);
        }
    }
    if (framed) {
        uint32_t length = htonl((uint32_t)made.used);
        memcpy(made.octets, &length, PREFIX);
    }
    return &made;
}

static void watch(Client *client, int operation) {
    struct epoll_event event = {.events = EPOLLIN | (client->awaits_room ? EPOLLOUT : 0u), .data.ptr = client};
    if (epoll_ctl(run.epoll, operation, client->fd, &event)) die("epoll_ctl: %s", strerror(errno));
}

static void flush(Client *client) {
    while (client->out.used) {
        ssize_t count = send(client->fd, client->out.octets, client->out.used, MSG_NOSIGNAL);
        if (count < 0) {
            if (errno == EINTR) continue;
            /* A connection that is not made yet says the same as one that takes no more. */
            if (errno == EAGAIN) break;
            die("client %u cannot send: %s", client->number, strerror(errno));
        }
        drop(&client->out, (size_t)count);
    }
    if (client->awaits_room != (client->out.used > 0)) {
        client->awaits_room = !client->awaits_room;
        watch(client, EPOLL_CTL_MOD);
    }
}

static void say(Client *client, const char *text, const char *mark) {
    const Buffer *made = filled(text, client->number, mark, plan.framed);
    append(&client->out, made->octets, made->used);
    flush(client);
}

static void lose(const Client *client) {
    size_t shown = client->in.used < 400 ? client->in.used : 400;
    die("the server closed the connection of client %u at step %d of %d; it said: %.*s", client->number, client->step,
        plan.count, (int)shown, shown ? client->in.octets + client->in.used - shown : "");
}

/* Goes as far through the handshake as what has come allows. */
static void shake_hands(Client *client) {
    while (client->step < plan.count) {
        const Step *step = &plan.steps[client->step];
        if (step->sends) {
            say(client, step->text, NULL);
        } else {
            const Buffer *text = filled(step->text, client->number, NULL, false);
            char *found = client->in.used ? memmem(client->in.octets, client->in.used, text->octets, text->used) : NULL;
            if (!found) return;
            drop(&client->in, (size_t)(found - client->in.octets) + text->used);
        }
        client->step++;
    }
    client->in.used = 0;
    run.logins[run.logged_in++] = now(CLOCK_MONOTONIC) - client->begun;
}

static void deliver(Client *client, uint32_t number, uint64_t time) {
    if (!client->receives || number >= tally.sent) return;
    if (client->seen[number / 8] & 1u << number % 8) {
        tally.repeated++;
        return;
    }
    client->seen[number / 8] |= (uint8_t)(1u << number % 8);
    tally.disordered += number < client->next;
    client->next = number + 1;
    tally.latencies[tally.deliveries++] = time - tally.sent_at[number];
    tally.complete += ++tally.arrived[number] == plan.receivers;
}

static bool hexadecimal(const char *digits, uint32_t *value) {
    *value = 0;
    for (int i = 0; i < 8; i++) {
        char digit = digits[i];
        bool decimal = digit >= '0' && digit <= '9';
        if (!decimal && !(digit >= 'a' && digit <= 'f')) return false;
        *value = *value << 4 | (uint32_t)(decimal ? digit - '0' : digit - 'a' + 10);
    }
    return true;
}

/* Finds the marks, and keeps what may be the beginning of one: always less than a whole, so none counts twice. */
static void search(Client *client, const char *octets, size_t count) {
    uint64_t time = now(CLOCK_MONOTONIC);
    const char *place = octets, *end = octets + count;
    while ((place = memchr(place, '@', (size_t)(end - place))) && end - place >= MARK) {
        uint32_t name, number;
        if (hexadecimal(place + 1, &name) && hexadecimal(place + 9, &number) && name == run.name) {
            deliver(client, number, time);
            place += MARK;
        } else {
            place++;
        }
    }
    client->in.used = 0;
    if (place) append(&client->in, place, (size_t)(end - place));
}

static void receive(Client *client) {
    static char octets[MARK + READ];
    for (;;) {
        /* What was kept of a mark goes in front of what comes. */
        size_t kept = client->step == plan.count ? client->in.used : 0;
        if (kept) memcpy(octets, client->in.octets, kept);
        ssize_t count = recv(client->fd, octets + kept, READ, 0);
        if (count < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN) return;
            die("client %u cannot read: %s", client->number, strerror(errno));
        }
        if (count == 0) lose(client);
        run.heard = now(CLOCK_MONOTONIC);
        if (client->step < plan.count) {
            append(&client->in, octets, (size_t)count);
            shake_hands(client);
        } else if (run.measuring) {
            search(client, octets, kept + (size_t)count);
        }
        if (count < READ) return;
    }
}

/* An octet at a time, so that of two lines that came together each counts. */
static void hear_driver(void) {
    char octet;
    ssize_t count = read(STDIN_FILENO, &octet, 1);
    if (count <= 0) run.input_ended = true;
    run.told = count <= 0 || octet == '\n';
}

static void serve(int milliseconds) {
    struct epoll_event events[512];
    int count = epoll_wait(run.epoll, events, 512, milliseconds);
    for (int i = 0; i < count; i++) {
        Client *client = events[i].data.ptr;
        if (!client) {
            if (!run.told) hear_driver();
            continue;
        }
        if (events[i].events & EPOLLOUT) flush(client);
        if (events[i].events & ~(uint32_t)EPOLLOUT) receive(client);
    }
}

static double seconds_since(uint64_t time) { return (double)(now(CLOCK_MONOTONIC) - time) / (double)NANO; }

/* Says something and goes on reading until there is a line on the input. */
static void report(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
    while (!run.told) serve(1000);
    if (run.input_ended) exit(0);
    run.told = false;
}

static void connect_client(Client *client) {
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (client->fd < 0) die("a socket for client %u: %s", client->number, strerror(errno));
    int on = 1;
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)plan.port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->begun = now(CLOCK_MONOTONIC);
    if (connect(client->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)
        die("client %u cannot connect: %s", client->number, strerror(errno));
    watch(client, EPOLL_CTL_ADD);
    shake_hands(client);
}

static void await_logins(unsigned wanted) {
    while (run.logged_in < wanted) {
        serve(100);
        if (seconds_since(run.heard) < plan.patience) continue;
        for (Client *client = run.clients;; client++)
            if (client->step < plan.count)
                die("client %u waits for %s; it has: %.*s", client->number, plan.steps[client->step].text,
                    (int)client->in.used, client->in.used ? client->in.octets : "");
    }
}

static int compare(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return a < b ? -1 : a > b;
}

/* Sorts the times, in ns; the one below which so many percent lie, in ms. */
static double percentile(uint64_t *times, uint64_t count, unsigned percent) {
    if (!count) return 0;
    qsort(times, count, sizeof *times, compare);
    return (double)times[(count - 1) * percent / 100] / 1e6;
}

static void log_in(void) {
    unsigned all = plan.senders + plan.receivers;
    run.clients = allocate(all, sizeof(Client));
    run.logins = allocate(all, sizeof *run.logins);
    uint64_t begun = run.heard = now(CLOCK_MONOTONIC);
    for (unsigned i = 0; i < all; i++) {
        /* The first goes alone: in some servers it makes the room. */
        if (i == 1 && !plan.first) await_logins(1);
        if (i >= plan.at_once) await_logins(i + 1 - plan.at_once);
        Client *client = &run.clients[i];
        client->number = plan.first + i;
        client->receives = i >= plan.senders;
        client->seen = allocate(plan.messages / 8 + 1, 1);
        connect_client(client);
    }
    await_logins(all);
    double took = seconds_since(begun);
    /* Until nothing comes any more of who has entered, but not for ever. */
    for (uint64_t from = now(CLOCK_MONOTONIC);
         seconds_since(run.heard) < plan.settle && seconds_since(from) < plan.patience;)
        serve(10);
    report("{\"event\": \"ready\", \"clients\": %u, \"seconds\": %.6f, \"logins_per_s\": %.3f, \"p50_ms\": %.4f, "
           "\"p99_ms\": %.4f, \"max_ms\": %.4f}",
           all, took, all / took, percentile(run.logins, all, 50), percentile(run.logins, all, 99),
           percentile(run.logins, all, 100));
}

static void send_next(void) {
    char mark[MARK + 1];
    snprintf(mark, sizeof mark, "@%08" PRIx32 "%08x", run.name, tally.sent);
    /* First the time, which the sending belongs to; and the number counts as sent before it can come back. */
    tally.sent_at[tally.sent] = now(CLOCK_MONOTONIC);
    Client *sender = &run.clients[tally.sent % plan.senders];
    tally.sent++;
    say(sender, plan.message, mark);
}

static void measure(void) {
    tally.sent_at = allocate(plan.messages, sizeof *tally.sent_at);
    tally.arrived = allocate(plan.messages, sizeof *tally.arrived);
    tally.latencies = allocate((size_t)plan.messages * plan.receivers, sizeof *tally.latencies);
    /* All of it is touched now: a page that is made while a message is on its way would count as its latency. */
    memset(tally.latencies, 1, (size_t)plan.messages * plan.receivers * sizeof *tally.latencies);
    run.measuring = true;
    uint64_t cpu = now(CLOCK_PROCESS_CPUTIME_ID), begun = now(CLOCK_MONOTONIC);
    run.heard = begun;
    while (tally.complete < plan.messages && seconds_since(run.heard) < plan.patience) {
        while (tally.sent < plan.messages && tally.sent - tally.complete < plan.window) send_next();
        serve(100);
    }
    double took = seconds_since(begun), used = (double)(now(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (double)NANO;
    uint64_t missing = (uint64_t)plan.messages * plan.receivers - tally.deliveries;
    report("{\"event\": \"done\", \"messages\": %u, \"receivers\": %u, \"deliveries\": %" PRIu64 ", \"missing\": %" PRIu64
           ", \"repeated\": %" PRIu64 ", \"disordered\": %" PRIu64 ", \"seconds\": %.6f, \"deliveries_per_s\": %.3f, "
           "\"p50_ms\": %.4f, \"p99_ms\": %.4f, \"max_ms\": %.4f, \"load_cpu_s\": %.6f}",
           plan.messages, plan.receivers, tally.deliveries, missing, tally.repeated, tally.disordered, took,
           (double)tally.deliveries / took, percentile(tally.latencies, tally.deliveries, 50),
           percentile(tally.latencies, tally.deliveries, 99), percentile(tally.latencies, tally.deliveries, 100), used);
}

static void add_step(const char *said) {
    if (plan.count == MAX_STEPS) die("a handshake has at most %d steps", MAX_STEPS);
    bool sends = !strncmp(said, "send=", 5);
    if (!sends && strncmp(said, "wait=", 5)) die("%s is neither send=TEXT nor wait=TEXT", said);
    plan.steps[plan.count++] = (Step){sends, said + 5};
}

static void read_plan(int count, char **arguments) {
    static const struct option options[] = {
        {"port", 1, 0, 'p'},    {"receivers", 1, 0, 'R'}, {"senders", 1, 0, 'S'}, {"window", 1, 0, 'W'},
        {"messages", 1, 0, 'M'}, {"at-once", 1, 0, 'a'},   {"first", 1, 0, 'f'},   {"settle", 1, 0, 's'},
        {"patience", 1, 0, 't'}, {"framed", 0, 0, 'F'},    {"message", 1, 0, 'm'}, {0, 0, 0, 0},
    };
    for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;) {
        unsigned number = optarg ? (unsigned)strtoul(optarg, NULL, 10) : 0;
        switch (option) {
        case 'p': plan.port = (int)number; break;
        case 'R': plan.receivers = number; break;
        case 'S': plan.senders = number; break;
        case 'W': plan.window = number; break;
        case 'M': plan.messages = number; break;
        case 'a': plan.at_once = number; break;
        case 'f': plan.first = number; break;
        case 's': plan.settle = strtod(optarg, NULL); break;
        case 't': plan.patience = strtod(optarg, NULL); break;
        case 'F': plan.framed = true; break;
        case 'm': plan.message = optarg; break;
        default: exit(2);
        }
    }
    while (optind < count) add_step(arguments[optind++]);
    if (plan.port < 1 || plan.port > 65535 || !plan.receivers || !plan.window || !plan.at_once || !plan.count ||
        (plan.messages && (!plan.message || !plan.senders)))
        die("usage: load --port P --receivers R [--senders S] [--window W] [--messages M --message TEXT] [--framed] "
            "[--at-once N] [--first N] [--settle SECONDS] [--patience SECONDS] STEP...");
}

int main(int count, char **arguments) {
    read_plan(count, arguments);
    run.name = (uint32_t)now(CLOCK_REALTIME) ^ (uint32_t)getpid() << 16;
    run.epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (run.epoll < 0 || epoll_ctl(run.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event)) die("the input has to be a pipe");
    log_in();
    if (plan.messages) measure();
    return 0;
}
