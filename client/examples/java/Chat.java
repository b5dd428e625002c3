import java.io.*;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.charset.*;
import java.text.Normalizer;
import java.util.*;
import javax.xml.XMLConstants;
import javax.xml.parsers.*;
import javax.xml.transform.*;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import javax.xml.validation.*;
import javax.xml.xpath.*;
import org.w3c.dom.*;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** A client of xmlchat with the JDK alone; sections are those of schema/PROTOCOL.md. ../README.md says what it does. */
public class Chat {
    static final int LEFT = 0, USAGE = 2, UNREACHABLE = 69, PROTOCOL = 76, REFUSED = 77;
    static final String NAMESPACE = "urn:xmlchat:1";
    static final int MAX_SERVER_DOCUMENT = 1_048_576; // octets, section 2.3

    /** The conversation of section 4.1, and what the server may say in each of its states. */
    enum State {
        OPENED("greeting error bye"),
        GREETED("prompt welcome error notice ping pong bye"),
        ACTIVE("ok error broadcast direct users rooms page blocks sanctions resumed notice ping pong bye"),
        LEAVING("prompt welcome " + ACTIVE.words);

        final String words;
        final Set<String> mayCome;

        State(String words) {
            this.words = words;
            this.mayCome = Set.of(words.split(" "));
        }
    }

    /** What section 3.2 refuses under 8: comments, instructions, xsi, too deep, too many attributes or elements. */
    static final String FORBIDDEN = "//comment() | //processing-instruction()"
        + " | //@*[namespace-uri() = 'http://www.w3.org/2001/XMLSchema-instance']"
        + " | //*[count(ancestor::*) > 15 or count(@*) > 32] | (//*)[25001]";

    /** The end of the program, with its status and what to tell its user. */
    static class End extends Exception {
        final int status;

        End(int status, String sentence) {
            super(sentence);
            this.status = status;
        }
    }

    final Map<String, String> options = new HashMap<>(
        Map.of("host", "127.0.0.1", "port", "7700", "schema", "../../../schema/chat.xsd"));
    final DocumentBuilder builder;
    final Validator validator;
    final XPathExpression forbidden = XPathFactory.newInstance().newXPath().compile(FORBIDDEN);
    final String password;
    final Socket socket = new Socket();
    final DataInputStream in;
    final DataOutputStream out;
    volatile State state = State.OPENED;
    volatile String exId;
    String loginId;
    int lastId;

    public static void main(String[] arguments) throws Exception {
        int status = LEFT;
        try {
            new Chat(arguments).run();
        } catch (End end) {
            status = end.status;
            if (status != LEFT) System.err.println("chat: " + end.getMessage());
        } catch (IOException error) {
            status = UNREACHABLE;
            System.err.println("chat: The connection is lost: " + error);
        }
        System.exit(status); // Also ends the thread that waits for a line.
    }

    Chat(String[] arguments) throws Exception {
        readOptions(arguments);
        password = findPassword();
        var factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setCoalescing(true); // CDATA is text like any other, section 3.1
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true); // section 11.4
        builder = factory.newDocumentBuilder();
        builder.setErrorHandler(new DefaultHandler()); // Throws, and prints nothing.
        try {
            var language = SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI);
            validator = language.newSchema(new File(options.get("schema"))).newValidator();
        } catch (SAXException error) {
            throw new End(USAGE, "The schema cannot be read: " + error.getMessage());
        }
        validator.setProperty(XMLConstants.ACCESS_EXTERNAL_DTD, "");
        validator.setProperty(XMLConstants.ACCESS_EXTERNAL_SCHEMA, "");
        try {
            socket.connect(new InetSocketAddress(options.get("host"), Integer.parseInt(options.get("port"))), 10_000);
        } catch (IOException error) {
            throw new End(UNREACHABLE, "Nobody answers at " + options.get("host") + ":" + options.get("port") + ".");
        }
        if (!socket.getInetAddress().isLoopbackAddress()) // section 11.2
            System.err.println("chat: The connection is not encrypted: your password can be read on the way.");
        socket.setTcpNoDelay(true);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
    }

    void readOptions(String[] arguments) throws End {
        for (int i = 0; i < arguments.length; i++) {
            String name = arguments[i].replaceFirst("^--", "");
            boolean isFlag = Set.of("register", "null").contains(name);
            boolean isSetting = Set.of("host", "port", "user", "schema").contains(name) && i + 1 < arguments.length;
            if (!isFlag && !isSetting) usage();
            options.put(name, isFlag ? "true" : arguments[++i]);
        }
        String port = options.get("port");
        if (!options.containsKey("user") || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65_535) usage();
    }

    static void usage() throws End {
        throw new End(USAGE, "[--host HOST] [--port PORT] --user NAME [--register] [--schema FILE] [--null]");
    }

    /** Not from the command line, which others can see; in normalisation form C (section 11.2). */
    static String findPassword() throws End {
        String found = System.getenv("XMLCHAT_PASSWORD");
        if (found == null) throw new End(USAGE, "Put your password into the variable XMLCHAT_PASSWORD.");
        return Normalizer.normalize(found, Normalizer.Form.NFC);
    }

    /** Takes what comes until the end, which is an End or an IOException. */
    void run() throws Exception {
        while (true) {
            Document document = receive();
            String name = document.getDocumentElement().getLocalName();
            if (!state.mayCome.contains(name)) throw new End(PROTOCOL, "The server may not send '" + name + "' now.");
            // One line, and ASCII: no text can do anything to a terminal, section 11.3.
            System.out.println(written(document, "US-ASCII").replace("\n", "&#10;").replace("\u007f", "&#127;"));
            take(name, document.getDocumentElement());
        }
    }

    /** Reads a frame, section 2.2: its length includes its own 4 octets. */
    Document receive() throws Exception {
        int length = in.readInt();
        if (length < 5 || length > MAX_SERVER_DOCUMENT + 4)
            throw new End(PROTOCOL, "No frame has a length of " + Integer.toUnsignedString(length) + ".");
        byte[] octets = in.readNBytes(length - 4);
        if (octets.length < length - 4) throw new EOFException("in the middle of a frame");
        try {
            return checked(octets);
        } catch (SAXException | CharConversionException error) {
            throw new End(PROTOCOL, "The server sent what is not valid: " + error.getMessage());
        }
    }

    /** The document in these octets. Raises SAXException or CharConversionException for what section 3.2 refuses. */
    synchronized Document checked(byte[] octets) throws Exception {
        if (octets[0] < 0 || new String(octets, StandardCharsets.ISO_8859_1).indexOf('\0') >= 0)
            throw new SAXException("a byte order mark, or not UTF-8");
        Document document = builder.parse(new ByteArrayInputStream(octets));
        String encoding = document.getXmlEncoding();
        if (!document.getXmlVersion().equals("1.0") || encoding != null && !encoding.equalsIgnoreCase("UTF-8"))
            throw new SAXException("not XML 1.0 in UTF-8");
        if (forbidden.evaluateExpression(document, Boolean.class))
            throw new SAXException("a comment, an instruction, xsi, or too much");
        validator.validate(new DOMSource(document));
        return document;
    }

    /** Does what a document from the server asks for. */
    void take(String name, Element root) throws Exception {
        String re = root.getAttribute("re");
        switch (name) {
            case "greeting" -> { // Only now may the client speak, section 4.1; the login is that of section 4.3.
                state = State.GREETED;
                socket.setSoTimeout(1000 * silence(root));
                loginId = nextId();
                String register = options.containsKey("register") ? "true" : "false";
                try {
                    send(document("login", "password", password,
                        "id", loginId, "name", options.get("user"), "register", register, "minor", "0"));
                } catch (SAXException error) {
                    throw new End(USAGE, "This name or password cannot be sent: " + error.getMessage());
                }
            }
            case "welcome" -> {
                if (state == State.GREETED) {
                    state = State.ACTIVE;
                    var typist = new Thread(this::type, "typist");
                    typist.setDaemon(true);
                    typist.start();
                }
            }
            case "ping" -> send(document("pong", null, null, "re", root.getAttribute("id"))); // section 4.6
            case "error" -> {
                if (re.equals(loginId))
                    throw new End(REFUSED, "The login was refused: " + root.getAttribute("code") + ".");
            }
            case "bye" -> { // section 4.7
                if (re.equals(exId)) throw new End(LEFT, "");
                throw new End(UNREACHABLE, "The server has ended the connection: " + root.getAttribute("code") + ".");
            }
            default -> { } // It was shown, and asks for nothing. Never answer an error, section 4.2.
        }
    }

    /** Seconds within which a server that lives says something: it pings whoever says nothing, section 4.6. */
    static int silence(Element greeting) {
        NodeList limits = greeting.getElementsByTagNameNS(NAMESPACE, "limit");
        for (int i = 0; i < limits.getLength(); i++) {
            Element limit = (Element) limits.item(i);
            if (limit.getAttribute("name").equals("ping"))
                return (int) Math.min(86_400, Long.parseLong(limit.getAttribute("value")));
        }
        return 30;
    }

    /** Sends what is typed, line by line, and takes its leave at the end. */
    void type() {
        try (var input = new BufferedInputStream(System.in)) {
            int end = options.containsKey("null") ? 0 : '\n';
            for (byte[] line; state == State.ACTIVE && (line = readLine(input, end)) != null;) {
                try {
                    obey(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString());
                } catch (SAXException | CharacterCodingException error) {
                    System.err.println("! Not sent: " + error.getMessage());
                }
            }
            if (state == State.ACTIVE) leave();
        } catch (Exception error) {
            System.err.println("! " + error); // Where the connection is lost, the receiver sees it too.
        }
    }

    static byte[] readLine(InputStream input, int end) throws IOException {
        var line = new ByteArrayOutputStream();
        int octet;
        while ((octet = input.read()) != -1 && octet != end) line.write(octet);
        return octet == -1 && line.size() == 0 ? null : line.toByteArray();
    }

    void obey(String line) throws Exception {
        String[] words = line.split(" ", 3);
        if (line.isBlank()) return;
        if (line.equals("/ex")) leave();
        else if (line.equals("/users")) send(document("who", null, null, "id", nextId()));
        else if (words[0].equals("/dm") && words.length == 3)
            send(document("dm", "text", words[2], "id", nextId(), "to", words[1]));
        else if (!line.startsWith("/")) send(document("pm", "text", line, "id", nextId()));
        else if (line.startsWith("//")) send(document("pm", "text", line.substring(1), "id", nextId()));
        else throw new SAXException("the commands are /dm NAME TEXT, /users and /ex");
    }

    void leave() throws Exception {
        exId = nextId();
        byte[] ex = document("ex", null, null, "id", exId);
        state = State.LEAVING;
        send(ex);
    }

    /** A counter is enough, section 4.2. */
    synchronized String nextId() {
        return Integer.toString(++lastId);
    }

    /** A document of one element with these attributes and at most one child. */
    synchronized byte[] document(String name, String child, String text, String... attributes) throws Exception {
        Document document = builder.newDocument();
        Element root = document.createElementNS(NAMESPACE, name);
        document.appendChild(root);
        for (int i = 0; i < attributes.length; i += 2) root.setAttribute(attributes[i], attributes[i + 1]);
        if (child != null) root.appendChild(document.createElementNS(NAMESPACE, child)).setTextContent(text);
        return written(document, "UTF-8").getBytes(StandardCharsets.UTF_8);
    }

    /** A carriage return becomes a reference, as section 3.4 asks. */
    static String written(Document document, String encoding) throws TransformerException {
        Transformer writer = TransformerFactory.newInstance().newTransformer();
        writer.setOutputProperty(OutputKeys.ENCODING, encoding);
        writer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
        var text = new StringWriter();
        writer.transform(new DOMSource(document), new StreamResult(text));
        return text.toString();
    }

    /** Sends a frame, section 2.1. What would not be valid is not sent, but raised as SAXException. */
    void send(byte[] octets) throws Exception {
        checked(octets);
        synchronized (out) {
            out.writeInt(octets.length + 4);
            out.write(octets);
            out.flush();
        }
    }
}
