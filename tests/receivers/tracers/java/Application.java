import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** The application of the golden runs, traced by dd-trace-java as its agent. PORT is where it listens. */
public class Application extends HttpServlet {
  public static void main(String[] arguments) throws Exception {
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setPort(Integer.parseInt(System.getenv("PORT")));
    server.addConnector(connector);
    ServletContextHandler context = new ServletContextHandler("/");
    context.addServlet(new ServletHolder(new Application()), "/*");
    server.setHandler(context);
    server.start();
    server.join();
  }

  // Of every method, also of those that HttpServlet doesn't know.
  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String path = request.getRequestURI();
    switch (path) {
      case "/ok" -> response.getWriter().print("ok");
      case "/err" -> response.setStatus(500);
      case "/notfound" -> response.setStatus(404);
      case "/throw" -> throw new IllegalStateException("boom");
      case "/slow" -> {
        pause(300);
        response.getWriter().print("slow");
      }
      case "/stream" -> {
        for (int chunk = 0; chunk < 4; chunk++) {
          pause(100);
          response.getWriter().print("chunk");
          response.flushBuffer();
        }
      }
      default -> {
        if (path.startsWith("/users/")) {
          response.getWriter().print(path.substring("/users/".length()));
        } else if (path.startsWith("/status/")) {
          response.setStatus(Integer.parseInt(path.substring("/status/".length())));
        } else {
          response.setStatus(404);
        }
      }
    }
  }

  private static void pause(long milliseconds) throws IOException {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
