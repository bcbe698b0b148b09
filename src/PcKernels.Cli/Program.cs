System.Console.WriteLine("pck");
