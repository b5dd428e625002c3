/* A client of xmlchat with libxml2; § stands for the sections of schema/PROTOCOL.md. ../README.md says what it does. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <libxml/parser.h>
#include <libxml/xmlsave.h>
#include <libxml/xmlschemas.h>
#include <libxml/xpath.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LEFT = 0, USAGE = 2, UNREACHABLE = 69, PROTOCOL = 76, REFUSED = 77 };
enum { MAX_SERVER_DOCUMENT = 1048576 }; /* octets, §2.3 */
static const char NAMESPACE[] = "urn:xmlchat:1";

/* The conversation of §4.1, and what the server may say in each of its states. */
enum state { OPENED, GREETED, ACTIVE, LEAVING };
#define DATA " ok error broadcast direct users rooms page blocks sanctions resumed notice ping pong bye "
static const char *MAY_COME[] = {
    [OPENED] = " greeting error bye ",
    [GREETED] = " prompt welcome error notice ping pong bye ",
    [ACTIVE] = DATA,
    [LEAVING] = " prompt welcome" DATA,
};

/* What §3.2 refuses under 8: comments, instructions, xsi, too deep, too many attributes or elements. */
static const char FORBIDDEN[] =
    "boolean(//comment() | //processing-instruction()"
    " | //@*[namespace-uri() = 'http://www.w3.org/2001/XMLSchema-instance']"
    " | //*[count(ancestor::*) > 15 or count(@*) > 32] | (//*)[25001])";

static const char *host = "127.0.0.1", *port = "7700", *schema_file = "../../../schema/chat.xsd";
static const char *user, *password;
static int registers, line_end = '\n', connection;
static xmlSchemaPtr schema;
static _Atomic enum state state = OPENED;
static char login_id[16], ex_id[16];
/* Guards the sending direction: the receiver answers pings while the typist sends. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread char complaint[256];

static void end(int status, const char *format, ...) {
    va_list values;
    va_start(values, format);
    fputs("chat: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    fflush(stdout);
    _exit(status); /* Also ends the thread that waits for a line. */
}

/* Keeps the first complaint, up to the end of its line, and makes it harmless for a terminal (§11.3). */
static void complain(void *unused, const char *format, ...) {
    (void)unused;
    if (*complaint) return;
    va_list values;
    va_start(values, format);
    vsnprintf(complaint, sizeof complaint, format, values);
    va_end(values);
    for (char *c = complaint; *c; c++)
        if (*c < ' ' || *c > '~') *c = *c == '\n' ? '\0' : '?';
}

static int is_forbidden(xmlDocPtr document) {
    xmlXPathContextPtr context = xmlXPathNewContext(document);
    xmlXPathObjectPtr found = xmlXPathEvalExpression((const xmlChar *)FORBIDDEN, context);
    int forbidden = !found || found->boolval;
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
    return forbidden;
}

static int is_valid(xmlDocPtr document) {
    xmlSchemaValidCtxtPtr context = xmlSchemaNewValidCtxt(schema);
    xmlSchemaSetValidErrors(context, complain, complain, NULL);
    int result = xmlSchemaValidateDoc(context, document);
    xmlSchemaFreeValidCtxt(context);
    return result == 0;
}

/* The document in these octets; NULL, and a complaint, for all that §3.2 refuses. */
static xmlDocPtr checked(const char *octets, int count) {
    *complaint = '\0';
    if ((*octets & 0x80) || memchr(octets, 0, count)) {
        complain(NULL, "a byte order mark, or not UTF-8");
        return NULL;
    }
    int quiet = XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    xmlDocPtr document = xmlReadMemory(octets, count, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOCDATA | quiet);
    if (!document)
        complain(NULL, "%s", xmlGetLastError()->message);
    else if (document->intSubset)
        complain(NULL, "a document type declaration"); /* §11.4 */
    else if (xmlStrcmp(document->version, (const xmlChar *)"1.0") ||
             (document->encoding && xmlStrcasecmp(document->encoding, (const xmlChar *)"UTF-8")))
        complain(NULL, "not XML 1.0 in UTF-8");
    else if (is_forbidden(document))
        complain(NULL, "a comment, an instruction, xsi, or too much");
    else if (is_valid(document))
        return document;
    xmlFreeDoc(document);
    return NULL;
}

/* §3.4. To be looked for before writing: newer versions of libxml2 write U+FFFD in its place. */
static int is_xml(const char *text) {
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' && !strchr("\t\n\r", *c)) return 0;
    return !strstr(text, "\xef\xbf\xbe") && !strstr(text, "\xef\xbf\xbf");
}

static xmlBufferPtr written(xmlDocPtr document, const char *encoding) {
    xmlBufferPtr text = xmlBufferCreate();
    xmlSaveCtxtPtr writer = xmlSaveToBuffer(text, encoding, XML_SAVE_NO_DECL | XML_SAVE_AS_XML);
    xmlSaveDoc(writer, document); /* A carriage return becomes a reference, as §3.4 asks. */
    xmlSaveClose(writer);
    return text;
}

/* Sends a document of one element as a frame (§2.1), with at most one child, and an attribute for each pair of names and
   values up to NULL. What would not be valid is not sent: 0, and a complaint. */
static int say(const char *name, const char *child, const char *text, ...) {
    if (child && !is_xml(text)) return *complaint = '\0', complain(NULL, "a character that XML cannot carry"), 0;
    xmlDocPtr document = xmlNewDoc((const xmlChar *)"1.0");
    xmlNodePtr root = xmlNewDocNode(document, NULL, (const xmlChar *)name, NULL);
    xmlDocSetRootElement(document, root);
    xmlSetNs(root, xmlNewNs(root, (const xmlChar *)NAMESPACE, NULL));
    va_list pairs;
    va_start(pairs, text);
    for (const char *key; (key = va_arg(pairs, const char *));)
        xmlNewProp(root, (const xmlChar *)key, (const xmlChar *)va_arg(pairs, const char *));
    va_end(pairs);
    if (child) xmlNewTextChild(root, NULL, (const xmlChar *)child, (const xmlChar *)text);
    xmlBufferPtr body = written(document, "UTF-8");
    xmlFreeDoc(document);

    size_t count = xmlBufferLength(body);
    if (count && ((const char *)xmlBufferContent(body))[count - 1] == '\n') count--;
    document = checked((const char *)xmlBufferContent(body), count);
    if (document) {
        char *frame = malloc(count + 4);
        uint32_t length = htonl(count + 4);
        memcpy(frame, &length, 4);
        memcpy(frame + 4, xmlBufferContent(body), count);
        pthread_mutex_lock(&lock);
        for (size_t sent = 0, all = count + 4; sent < all;) {
            ssize_t more = send(connection, frame + sent, all - sent, MSG_NOSIGNAL);
            if (more < 0) break; /* The receiver will see that it is gone. */
            sent += more;
        }
        pthread_mutex_unlock(&lock);
        free(frame);
    }
    xmlBufferFree(body);
    xmlFreeDoc(document);
    return document != NULL;
}

/* A counter is enough, §4.2. Before the welcome only the receiver counts, and after it only the typist. */
static char *next_id(void) {
    static __thread char id[16];
    static int last;
    snprintf(id, sizeof id, "%d", ++last);
    return id;
}

static void leave(void) {
    strcpy(ex_id, next_id());
    state = LEAVING;
    say("ex", NULL, NULL, "id", ex_id, NULL);
}

static int obey(char *line) {
    if (!line[strspn(line, " \t\r\n")]) return 1;
    if (!strcmp(line, "/ex")) return leave(), 1;
    if (!strcmp(line, "/users")) return say("who", NULL, NULL, "id", next_id(), NULL);
    if (!strncmp(line, "/dm ", 4)) {
        char *to = line + 4, *text = strchr(to, ' ');
        if (text) {
            *text++ = '\0';
            return say("dm", "text", text, "id", next_id(), "to", to, NULL);
        }
    }
    if (*line != '/' || line[1] == '/')
        return say("pm", "text", line + (*line == '/'), "id", next_id(), NULL);
    *complaint = '\0';
    complain(NULL, "the commands are /dm NAME TEXT, /users and /ex");
    return 0;
}

/* Sends what is typed, line by line, and takes its leave at the end. */
static void *type(void *unused) {
    char *line = NULL;
    size_t size = 0;
    ssize_t count;
    while (state == ACTIVE && (count = getdelim(&line, &size, line_end, stdin)) > 0) {
        if (line[count - 1] == line_end) line[--count] = '\0';
        if (strlen(line) != (size_t)count || !xmlCheckUTF8((const xmlChar *)line))
            fputs("! Not sent: not UTF-8, or a zero in it\n", stderr);
        else if (!obey(line))
            fprintf(stderr, "! Not sent: %s\n", complaint);
    }
    if (state == ACTIVE) leave();
    free(line);
    return unused;
}

static const char *attribute(xmlNodePtr element, const char *name) {
    xmlAttrPtr found = xmlHasProp(element, (const xmlChar *)name);
    return found && found->children ? (const char *)found->children->content : "";
}

/* A server that lives says something within so many seconds: it pings whoever says nothing, §4.6. */
static void expect_life(xmlNodePtr greeting) {
    struct timeval silence = {.tv_sec = 30};
    for (xmlNodePtr limit = xmlFirstElementChild(greeting); limit; limit = xmlNextElementSibling(limit))
        if (!strcmp((const char *)limit->name, "limit") && !strcmp(attribute(limit, "name"), "ping"))
            silence.tv_sec = atol(attribute(limit, "value"));
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
}

static int may_come(const char *name) {
    char word[32];
    snprintf(word, sizeof word, " %s ", name);
    return strstr(MAY_COME[state], word) != NULL;
}

/* Does what a document from the server asks for. */
static void take(xmlNodePtr root) {
    const char *name = (const char *)root->name, *re = attribute(root, "re");
    if (!strcmp(name, "greeting")) { /* Only now may the client speak, §4.1; the login is that of §4.3. */
        expect_life(root);
        strcpy(login_id, next_id());
        state = GREETED;
        if (!say("login", "password", password, "id", login_id, "name", user, "register",
                 registers ? "true" : "false", "minor", "0", NULL))
            end(USAGE, "This name or password cannot be sent: %s", complaint);
    } else if (!strcmp(name, "welcome") && state == GREETED) {
        pthread_t typist;
        state = ACTIVE;
        pthread_create(&typist, NULL, type, NULL);
    } else if (!strcmp(name, "ping")) { /* §4.6 */
        say("pong", NULL, NULL, "re", attribute(root, "id"), NULL);
    } else if (!strcmp(name, "error") && *login_id && !strcmp(re, login_id)) {
        end(REFUSED, "The login was refused: %s.", attribute(root, "code"));
    } else if (!strcmp(name, "bye")) { /* §4.7 */
        if (*ex_id && !strcmp(re, ex_id)) {
            fflush(stdout);
            _exit(LEFT);
        }
        end(UNREACHABLE, "The server has ended the connection: %s.", attribute(root, "code"));
    } /* Whatever else was shown asks for nothing. Never answer an error, §4.2. */
}

/* Reads exactly so many octets, §2.2. */
static void receive(void *into, size_t count) {
    ssize_t got = recv(connection, into, count, MSG_WAITALL);
    if (got < 0) end(UNREACHABLE, "The connection is lost: %s.", errno == EAGAIN ? "silence" : strerror(errno));
    if ((size_t)got < count) end(UNREACHABLE, "The server has gone away.");
}

/* One line, and ASCII: no text can do anything to a terminal, §11.3. */
static void show(xmlDocPtr document) {
    xmlBufferPtr text = written(document, "US-ASCII");
    const char *from = (const char *)xmlBufferContent(text), *last = from + xmlBufferLength(text) - 1;
    if (*last == '\n') last--; /* The writer's own, behind the document. */
    for (; from <= last; from++)
        if (*from == '\n' || *from == 127)
            printf("&#%d;", *from);
        else
            putchar(*from);
    putchar('\n');
    fflush(stdout);
    xmlBufferFree(text);
}

static int connected(void) {
    struct addrinfo *all, hints = {.ai_socktype = SOCK_STREAM};
    if (getaddrinfo(host, port, &hints, &all)) return -1;
    int one = -1;
    for (struct addrinfo *address = all; address && one < 0; address = address->ai_next) {
        one = socket(address->ai_family, SOCK_STREAM, 0);
        if (one >= 0 && connect(one, address->ai_addr, address->ai_addrlen) < 0) one = (close(one), -1);
    }
    freeaddrinfo(all);
    int yes = 1;
    if (one >= 0) setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return one;
}

static void read_options(int count, char **arguments) {
    static const struct option known[] = {
        {"host", 1, 0, 'h'}, {"port", 1, 0, 'p'}, {"user", 1, 0, 'u'}, {"register", 0, 0, 'r'},
        {"schema", 1, 0, 's'}, {"null", 0, 0, '0'}, {0},
    };
    int option, wrong = 0;
    while ((option = getopt_long(count, arguments, "", known, NULL)) != -1) switch (option) {
        case 'h': host = optarg; break;
        case 'p': port = optarg; break;
        case 'u': user = optarg; break;
        case 'r': registers = 1; break;
        case 's': schema_file = optarg; break;
        case '0': line_end = '\0'; break;
        default: wrong = 1;
        }
    if (wrong || !user || optind < count || port[strspn(port, "0123456789")] || atol(port) > 65535)
        end(USAGE, "[--host HOST] [--port PORT] --user NAME [--register] [--schema FILE] [--null]");
    password = getenv("XMLCHAT_PASSWORD"); /* Not from the command line, which others can see (§11.2). */
    if (!password) end(USAGE, "Put your password into the variable XMLCHAT_PASSWORD.");
}

int main(int count, char **arguments) {
    read_options(count, arguments);
    xmlInitParser();
    schema = xmlSchemaParse(xmlSchemaNewParserCtxt(schema_file));
    if (!schema) end(USAGE, "The schema cannot be read: %s", schema_file);
    if ((connection = connected()) < 0) end(UNREACHABLE, "Nobody answers at %s:%s.", host, port);
    if (strcmp(host, "localhost") && strncmp(host, "127.", 4) && strcmp(host, "::1")) /* §11.2 */
        fputs("chat: The connection is not encrypted: your password can be read on the way.\n", stderr);
    static char octets[MAX_SERVER_DOCUMENT];
    while (1) {
        uint32_t length;
        receive(&length, 4);
        length = ntohl(length); /* It includes its own 4 octets, §2.1. */
        if (length < 5 || length > MAX_SERVER_DOCUMENT + 4) end(PROTOCOL, "No frame has a length of %u.", length);
        receive(octets, length - 4);
        xmlDocPtr document = checked(octets, length - 4);
        if (!document) end(PROTOCOL, "The server sent what is not valid: %s", complaint);
        xmlNodePtr root = xmlDocGetRootElement(document);
        if (!may_come((const char *)root->name)) end(PROTOCOL, "The server may not send '%s' now.", root->name);
        show(document);
        take(root);
        xmlFreeDoc(document);
    }
}
