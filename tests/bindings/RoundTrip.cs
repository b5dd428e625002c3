using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using System.Xml;
using System.Xml.Serialization;

/// <summary>Reads every document of a folder into the generated classes, and writes it into another folder.</summary>
public static class RoundTrip
{
    public static void Main(string[] arguments)
    {
        var serializers = Serializers();
        var settings = new XmlWriterSettings
        {
            // Otherwise there is a byte order mark, which the protocol refuses.
            Encoding = new UTF8Encoding(false),
            // Otherwise a carriage return is a line feed to whoever reads it.
            NewLineHandling = NewLineHandling.Entitize,
        };
        foreach (var file in Directory.GetFiles(arguments[0]))
        {
            XmlSerializer serializer;
            object message;
            using (var reader = XmlReader.Create(file))
            {
                reader.MoveToContent();
                serializer = serializers[reader.LocalName];
                message = serializer.Deserialize(reader);
            }
            using (var writer = XmlWriter.Create(Path.Combine(arguments[1], Path.GetFileName(file)), settings))
            {
                serializer.Serialize(writer, message);
            }
        }
    }

    /// <summary>Root element to the serializer of its class; what a class does not know ends the program.</summary>
    private static Dictionary<string, XmlSerializer> Serializers()
    {
        var found = new Dictionary<string, XmlSerializer>();
        foreach (var type in Assembly.GetExecutingAssembly().GetTypes())
        {
            var root = type.GetCustomAttribute<XmlRootAttribute>();
            if (root == null || root.ElementName == "")
            {
                continue;
            }
            var serializer = new XmlSerializer(type);
            serializer.UnknownNode += (sender, said) => { throw new InvalidDataException(said.Name); };
            found.Add(root.ElementName, serializer);
        }
        return found;
    }
}
