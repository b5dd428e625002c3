import chat.ObjectFactory;
import java.io.File;
import javax.xml.bind.JAXBContext;
import javax.xml.bind.JAXBException;
import javax.xml.bind.Marshaller;
import javax.xml.bind.Unmarshaller;

/** Reads every document of a folder into the classes that xjc has made, and writes it into another folder. */
public final class RoundTrip {
    public static void main(String[] arguments) throws JAXBException {
        JAXBContext context = JAXBContext.newInstance(ObjectFactory.class);
        Unmarshaller unmarshaller = context.createUnmarshaller();
        // Otherwise what does not fit is passed over in silence.
        unmarshaller.setEventHandler(problem -> false);
        Marshaller marshaller = context.createMarshaller();
        for (File file : new File(arguments[0]).listFiles()) {
            marshaller.marshal(unmarshaller.unmarshal(file), new File(arguments[1], file.getName()));
        }
    }
}
