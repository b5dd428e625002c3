/* What the machine itself allows: hands each frame that comes on to every connection, and looks into none of them.
 *
 *     limit PORT
 *
 * No XML, no names, no disk. What comes in one look at the sockets goes to each connection in one send, as in a server
 * that gathers. What a socket does not take waits for it, without a limit: this is a yardstick and not a server.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PREFIX 4
#define MAX_FRAME 65540
#define EVENTS 512

typedef struct {
    char *octets;
    size_t used, room;
} Buffer;

typedef struct Connection {
    int fd;
    int closed;
    Buffer in, out;
    struct Connection *previous, *next;
} Connection;

static int epoll;
static Connection *connections;
/* Whole frames that came in this look. */
static Buffer batch;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void append(Buffer *buffer, const char *octets, size_t count) {
    if (buffer->used + count > buffer->room) {
        buffer->room = 2 * (buffer->used + count);
        buffer->octets = realloc(buffer->octets, buffer->room);
        if (!buffer->octets) die("realloc");
    }
    if (count) memcpy(buffer->octets + buffer->used, octets, count);
    buffer->used += count;
}

static void drop(Buffer *buffer, size_t count) {
    buffer->used -= count;
    if (buffer->used) memmove(buffer->octets, buffer->octets + count, buffer->used);
}

static void watch(Connection *connection, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(epoll, operation, connection->fd, &event)) die("epoll_ctl");
}

static void take(int listening) {
    int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK), on = 1;
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Connection *connection = calloc(1, sizeof *connection);
    if (!connection) die("calloc");
    connection->fd = fd;
    connection->next = connections;
    if (connections) connections->previous = connection;
    connections = connection;
    watch(connection, EPOLL_CTL_ADD, EPOLLIN);
}

static void receive(Connection *connection) {
    char octets[65536];
    ssize_t count = recv(connection->fd, octets, sizeof octets, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
        connection->closed = 1;
        return;
    }
    append(&connection->in, octets, (size_t)count);
    size_t whole = 0;
    while (connection->in.used - whole >= PREFIX) {
        uint32_t length;
        memcpy(&length, connection->in.octets + whole, PREFIX);
        length = ntohl(length);
        if (length < PREFIX || length > MAX_FRAME) {
            connection->closed = 1;
            break;
        }
        if (connection->in.used - whole < length) break;
        whole += length;
    }
    append(&batch, connection->in.octets, whole);
    drop(&connection->in, whole);
}

/* What waits and then the batch; what is not taken waits, and epoll says when to go on. */
static void deliver(Connection *connection) {
    size_t waited = connection->out.used;
    if (!waited && !batch.used) return;
    if (waited) append(&connection->out, batch.octets, batch.used);
    const Buffer *all = waited ? &connection->out : &batch;
    ssize_t count = send(connection->fd, all->octets, all->used, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
        connection->closed = 1;
        return;
    }
    size_t sent = count < 0 ? 0 : (size_t)count;
    if (waited)
        drop(&connection->out, sent);
    else
        append(&connection->out, batch.octets + sent, batch.used - sent);
    if (!waited != !connection->out.used)
        watch(connection, EPOLL_CTL_MOD, connection->out.used ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void forget(Connection *connection) {
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        connections = connection->next;
    if (connection->next) connection->next->previous = connection->previous;
    close(connection->fd);
    free(connection->in.octets);
    free(connection->out.octets);
    free(connection);
}

static int listening_on(const char *port) {
    int listening = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) || listen(listening, 1024)) die("listen");
    return listening;
}

int main(int count, char **arguments) {
    if (count != 2) {
        fputs("usage: limit PORT\n", stderr);
        return 2;
    }
    int listening = listening_on(arguments[1]);
    epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listening, &event)) die("epoll");
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            Connection *connection = events[i].data.ptr;
            if (!connection)
                take(listening);
            else if (events[i].events & ~(uint32_t)EPOLLOUT)
                receive(connection);
        }
        for (Connection *connection = connections, *next; connection; connection = next) {
            next = connection->next;
            if (!connection->closed) deliver(connection);
            if (connection->closed) forget(connection);
        }
        batch.used = 0;
    }
}
