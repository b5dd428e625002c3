import java.io.File;
import java.io.IOException;
import java.util.Arrays;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.SchemaFactory;
import javax.xml.validation.Validator;
import org.xml.sax.SAXException;

/** Judges every document of a folder by a schema with the JDK's own Xerces: a name and a verdict on each line. */
public final class Judge {
    public static void main(String[] arguments) throws SAXException, IOException {
        Validator validator = SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI)
            .newSchema(new File(arguments[0])).newValidator();
        File[] files = new File(arguments[1]).listFiles();
        Arrays.sort(files);
        for (File file : files) {
            System.out.println(file.getName() + " " + verdict(validator, file));
        }
    }

    private static String verdict(Validator validator, File file) throws IOException {
        try {
            validator.validate(new StreamSource(file));
            return "valid";
        } catch (SAXException refused) {
            return "invalid";
        }
    }
}
